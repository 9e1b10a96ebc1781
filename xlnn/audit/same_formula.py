"""Whether two formulas say the same, however a spreadsheet program spelled them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from xlnn.audit.formula_text import tokens_of
from xlnn.audit.stored.references import quoted


def same_formula(first: str, second: str) -> bool:
    """Whether two formulas are alike but for blanks, ``$``, quotes around sheet names,
    capitals and the way a number is written."""
    return first == second or _normal(first) == _normal(second)


@lru_cache(maxsize=4096)
def _normal(formula: str) -> str:
    tokens = tokens_of(formula)
    return formula if tokens is None else "".join(token.meaning for token in tokens)


def with_old_names(formula: str, renamed: Mapping[str, str]) -> str:
    """A formula as it was before sheets were renamed: a program writes the new names itself."""
    for now, before in renamed.items():
        formula = re.sub(rf"(?<![\w.\]]){re.escape(quoted(now))}!", f"{before}!", formula)
    return formula
