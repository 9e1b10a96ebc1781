"""Text with its binding strength, so that a printer sets brackets just where needed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Binding(IntEnum):
    """How tightly the outermost operator of a text holds, loosest first."""

    SUM = 1
    PRODUCT = 2
    SIGN = 3
    ATOM = 4


@dataclass(frozen=True, slots=True)
class Printed:
    """A text and its outermost operator's strength."""

    text: str
    binding: Binding = Binding.ATOM

    def within(self, binding: Binding) -> str:
        """The text as an operand of something that binds at least this tightly."""
        return self.text if self.binding >= binding else f"({self.text})"

    def after(self, binding: Binding) -> str:
        """The text as a right operand: ``a-(b-c)`` keeps its brackets, and so does
        ``a+(b+c)``, whose sum would round differently without them."""
        return self.text if self.binding > binding else f"({self.text})"
