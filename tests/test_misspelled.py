"""What is other in a formula is told where it is a single thing."""

from __future__ import annotations

import pytest

from xlnn.audit.causes.misspelled import misspelled

SUM = "=bout!B15+learning_rate*SUM(d_output!B15:B17)"

TOLD = {
    "another cell": ("=y!B15-output!B16", "=y!B16-output!B16", "y!B15 stands where y!B16 belongs"),
    "a number for a name": (
        SUM.replace("learning_rate", "0.1"),
        SUM,
        "0.1 stands where learning_rate belongs",
    ),
    "a shorter range": (
        SUM.replace("B17", "B16"),
        SUM,
        "d_output!B15:B16 stands where d_output!B15:B17 belongs",
    ),
    "the same twice": ("=A1*(1-A1)", "=B1*(1-B1)", "A1 stands where B1 belongs"),
    "two swapped": ("=y!B1-x!B1", "=x!B1-y!B1", "y!B1 and x!B1 are swapped"),
    "a term less": ("=A1*B1+A2*B2", "=A1*B1+A2*B2+A3*B3", "+A3*B3 is left out"),
    "a factor more": ("=A1*B1*C1", "=A1*B1", "*C1 is added"),
    "a function around it": ("=ROUND(A1*B1,2)", "=A1*B1", "ROUND(…,2) is put around it"),
    "an error hidden": ("=IFERROR(A1/B1,0)", "=A1/B1", "IFERROR(…,0) is put around it"),
    "a sum of it": ("=SUM(A1)", "=A1", "SUM(…) is put around it"),
    "other blanks and capitals": ("= a1 * 2", "=A1*B1", "2 stands where B1 belongs"),
    "too much to tell": ("=A1" + "+A1" * 90, "=A1", f"{('+A1' * 90)[:79]}… is added"),
}


@pytest.mark.parametrize("what", TOLD)
def test_a_single_thing_is_told(what: str) -> None:
    found, wanted, words = TOLD[what]
    diagnosis = misspelled(found, wanted)
    assert diagnosis is not None
    assert diagnosis.words == words


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        ("=A1+B2", "=C1*D2"),
        ("=A1+B2", "=C1+D2"),
        ("=A1+B1", "=A1-B1"),
        ('="unclosed', "=A1"),
        ("=A1" + "+A1" * 500, "=A1"),
        ("=A1", "=A1"),
    ],
)
def test_nothing_is_told_of_more_than_one_thing(found: str, wanted: str) -> None:
    assert misspelled(found, wanted) is None
