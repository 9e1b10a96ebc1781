"""The workbook kept in outputs/ is the one that the demo builds today."""

from __future__ import annotations

from pathlib import Path

import xlnn
from xlnn.audit.stored.workbook import StoredWorkbook

REFERENCE = Path(__file__).parent.parent / "outputs" / "reference.xlsx"


def test_the_reference_workbook_has_the_demos_formulas_values_and_texts(tmp_path: Path) -> None:
    fresh = tmp_path / "demo.xlsx"
    xlnn.build(xlnn.example("demo"), fresh, audited=False)
    kept, built = StoredWorkbook(REFERENCE), StoredWorkbook(fresh)
    assert kept.sheets == built.sheets
    for name in built.sheets:
        if name == "Start":
            continue  # it names the versions of the programs that built it
        old, new = kept.sheet(name), built.sheet(name)
        assert old.formulas == new.formulas
        assert old.values.keys() == new.values.keys()
        for place, value in new.values.items():
            if isinstance(value, float):
                # Another processor may round the last bit of EXP another way.
                assert abs(old.values[place] - value) < 1e-14, (name, place)  # type: ignore[operator]
            else:
                assert old.values[place] == value, (name, place)


def test_the_reference_workbook_audits_clean() -> None:
    assert xlnn.audit(REFERENCE).ok
