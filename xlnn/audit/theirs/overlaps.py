"""Whether two matrices are mapped to the same cells."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence

from xlnn.audit.theirs.blocks import Block
from xlnn.errors import MapError
from xlnn.maths.expr import Matrix, Pick
from xlnn.maths.recipe import Step
from xlnn.maths.schedule import Schedule
from xlnn.workbook.plan import Moment

Placed = tuple[Moment, Block]

_Claim = tuple[int, int, int]
"""The first and the last cell of a line that a block takes, and the block's number."""


def without_overlaps(schedule: Schedule, placed: Sequence[Placed]) -> Iterable[Placed]:
    """The blocks without those implied ones whose cells are another block's.

    Raises MapError where two that the map tells of share cells, unless they are the same numbers.
    """
    down = sum(part.rows for _, block in placed for part in block.cells.ranges)
    across = sum(part.columns for _, block in placed for part in block.cells.ranges)
    lines: dict[tuple[str, int], list[_Claim]] = {}
    # Large ones come first: what may stand within another finds it there.
    size = [block.cells.rows * block.cells.columns for _, block in placed]
    order = sorted(range(len(placed)), key=lambda n: (placed[n][1].implied, -size[n]))
    for number in order:
        moment, block = placed[number]
        found = _claim(lines, block, number, by_rows=down <= across)
        clash = next(
            (each for each in found if not _may_share(schedule, placed[each], placed[number])), None
        )
        if clash is None:
            yield placed[number]
        elif not block.implied:
            other_moment, other = placed[clash]
            raise MapError(
                f"{block.place}: {block.matrix}{_when(moment)} at {block.cells} overlaps "
                f"{other.matrix}{_when(other_moment)} at {other.cells}: look at both ranges (and "
                "at [epochs], if the one is repeated; repeat = false says that it is not)"
            )


def _claim(
    lines: dict[tuple[str, int], list[_Claim]], block: Block, number: int, *, by_rows: bool
) -> list[int]:
    """The blocks that have taken cells of this one before; if there is none, it takes them."""
    wanted = []
    for part in block.cells.ranges:
        (top, bottom), (left, right) = (part.row, part.last[0]), (part.column, part.last[1])
        if not by_rows:
            top, bottom, left, right = left, right, top, bottom
        wanted += [((part.sheet, line), left, right) for line in range(top, bottom + 1)]
    found: dict[int, None] = {}
    for key, left, right in wanted:
        claims = lines.get(key, [])
        # Claims of a line do not overlap, so the ends are in order as the beginnings are.
        at = bisect_left(claims, left, key=lambda claim: claim[1])
        while at < len(claims) and claims[at][0] <= right:
            found[claims[at][2]] = None
            at += 1
    if not found:
        for key, left, right in wanted:
            claims = lines.setdefault(key, [])
            at = bisect_left(claims, left, key=lambda claim: claim[1])
            if at < len(claims) and claims[at][0] <= right:
                found[number] = None  # a cell that stands in it twice
            claims.insert(at, (left, right, number))
    return list(found)


def _may_share(schedule: Schedule, one: Placed, other: Placed) -> bool:
    """Whether two blocks may be the same cells."""
    return _is_part(schedule, one, other) or _is_part(schedule, other, one)


def _is_part(schedule: Schedule, one: Placed, other: Placed) -> bool:
    """Whether the numbers of a block are those of another, or some of them."""
    (moment, block), (other_moment, source) = one, other
    same = list(block.cells.ranges) == list(source.cells.ranges)
    if block.matrix == source.matrix:
        return same and "copy" in (block.role, source.role)
    recipe = schedule.recipe
    if recipe.renewed.get(block.matrix) == source.matrix:
        batch_before = Moment(moment.epoch, moment.batch - 1)
        if moment.batch == 1:
            batch_before = Moment(moment.epoch - 1, schedule.batches)
        return same and other_moment == batch_before
    member = recipe.members[block.matrix]
    if not isinstance(member, Step):
        return False
    if isinstance(member.expr, Pick):
        return source.matrix in member.reads
    once = recipe.recurrence[source.matrix] == "once"
    return (
        same
        and (moment == other_moment or once)
        and isinstance(member.expr, Matrix)
        and member.expr.name == source.matrix
    )


def _when(moment: Moment) -> str:
    if moment == (1, 1):
        return ""
    batch = f", batch {moment.batch}" if moment.batch > 1 else ""
    return f" of epoch {moment.epoch}{batch}"
