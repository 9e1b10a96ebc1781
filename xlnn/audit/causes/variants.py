"""Expressions with one node changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, replace

from xlnn.maths.expr import Expr

Change = Callable[[Expr], Iterator[Expr]]
"""From a node to what may stand in its place."""


def variants(expr: Expr, change: Change) -> Iterator[Expr]:
    """The expression with one of its nodes changed, in every way that there is."""
    yield from change(expr)
    for field in fields(expr):  # type: ignore[arg-type]  # every node is a dataclass
        child = getattr(expr, field.name)
        if isinstance(child, Expr):
            for other in variants(child, change):
                yield replace(expr, **{field.name: other})  # type: ignore[type-var]


def with_node(expr: Expr, node: Expr, other: Expr) -> Expr:
    """The expression with another node in the place of one."""
    return next(variants(expr, lambda each: iter((other,) if each is node else ())))
