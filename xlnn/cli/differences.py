"""What is printed about two workbooks that were compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click

from xlnn.audit.differences import (
    OTHERWISE,
    BlockDifference,
    CellPair,
    Content,
    Differences,
    Kind,
    Unmatched,
)
from xlnn.audit.reports.summary import counted

SHOWN = 10
"""How many blocks of each kind are printed."""

TITLES: dict[Kind, str] = {
    "label": "headings that differ",
    "input": "inputs that differ",
    "formula": "formulas that differ",
    "kept": "numbers that are not live in both, and differ",
}

NAMES: dict[Kind, str] = {
    "label": "heading",
    "input": "input",
    "formula": "formula",
    "value": "value",
}
"""What the verdict counts."""


def print_differences(found: Differences, everything: bool) -> None:
    """Prints what differs, causes before what follows from them, and the verdict last."""
    click.echo(f"  A: {found.a}")
    click.echo(f"  B: {found.b}")
    if found.identical:
        click.echo(click.style("no difference: the files are the same, byte for byte", fg="green"))
        return
    if found.settings:
        _title("settings that differ")
        for each in found.settings:
            click.echo(f"    {each.key}: {_said(each.a)} → {_said(each.b)}")
    causes: tuple[Kind, ...] = ("label", "input", "formula")
    for kind in causes:
        _print_blocks(found, kind, everything)
    if found.unmatched:
        _title("only in one of them, or of another shape: not compared")
        for line in _unmatched(found.unmatched):
            click.echo(f"    {line}")
    _print_values(found, everything)
    for note in found.notes:
        click.echo(f"  note: {note}")
    click.echo(
        f"  {found.compared:,} cells compared, recomputed by {found.engine} {found.version}, "
        f"allowed difference {found.tolerance:.0e}"
    )
    if found.same:
        click.echo(click.style("no difference", fg="green"))
    else:
        click.echo(f"{click.style('they differ', fg='red')}: {', '.join(_counts(found))}")


def _title(text: str) -> None:
    click.echo(f"  {click.style(text, fg='red')}")


def _print_blocks(found: Differences, kind: Kind, everything: bool) -> None:
    blocks = found.of(kind)
    if blocks:
        _title(TITLES[kind])
    _print_first(blocks, everything, cells=True)


def _print_values(found: Differences, everything: bool) -> None:
    """The values that differ, and at last those that nothing comes of."""
    blocks = found.of("value")
    if blocks:
        because = found.settings or found.of("input") or found.of("formula")
        _title("values that differ" + (", which follows from the above" if because else ""))
    _print_results(blocks, everything)
    if found.of("kept"):
        _title(TITLES["kept"])
    _print_results(found.of("kept"), everything)


def _print_results(blocks: Sequence[BlockDifference], everything: bool) -> None:
    """The steps one by one, other sheets together."""
    if everything:
        _print_first(blocks, everything, cells=True)
        return
    _print_first([block for block in blocks if block.step is not None], everything, cells=False)
    others = [block for block in blocks if block.step is None]
    for sheet in dict.fromkeys(block.sheet for block in others):
        cells = sum(block.count for block in others if block.sheet == sheet)
        click.echo(f"    on the sheet {sheet}: {cells:,} cell{'' if cells == 1 else 's'}")


def _print_first(blocks: Sequence[BlockDifference], everything: bool, cells: bool) -> None:
    """The first blocks, or all."""
    for block in blocks if everything else blocks[:SHOWN]:
        click.echo(f"    {_heading(block)}")
        if cells:
            _print_cells(block, everything)
    if len(blocks) > SHOWN and not everything:
        first, last = blocks[0].epoch, blocks[-1].epoch
        until = "" if last is None or last == first else f", up to epoch {last:,}"
        click.echo(
            f"    … and {len(blocks) - SHOWN:,} more{until}{_largest(blocks)}: --all lists them"
        )


def _print_cells(block: BlockDifference, everything: bool) -> None:
    said = set()
    for cell in block.cells:
        change = f"{_said(cell.a)} → {_said(cell.b)}"
        if change in said and block.kind == "formula":
            continue  # an array formula is said once
        said.add(change)
        click.echo(f"      {_place(block, cell)}{change}")
    if block.count > len(block.cells) and block.what != OTHERWISE:
        click.echo(f"      … and {block.count - len(block.cells):,} more: --all lists them")


def _heading(block: BlockDifference) -> str:
    """Which block it is, and how much of it differs."""
    step = "" if block.step is None else f"step {block.step}  "
    name = block.matrix if block.sheet == block.matrix else f"{block.sheet}: {block.matrix}"
    what = f" ({block.what})" if block.what else ""
    epoch = "" if block.epoch is None else f", epoch {block.epoch:,}"
    batch = "" if block.batch is None else f", batch {block.batch:,}"
    text = f"{step}{name}{what}{epoch}{batch}"
    if block.what == OTHERWISE:
        return text
    if block.size > 1:
        text += f": {block.count:,} of {block.size:,} cells"
    if block.kind in ("value", "kept") and block.at is not None:
        text += f", at most {_far(block.largest)} at {block.at.cell_a}: "
        text += f"{_said(block.at.a)} → {_said(block.at.b)}"
        if block.kind == "value" and not block.follows:
            text += ", by its own formula"
    elif block.kind == "input" and block.count > 1:
        text += f", at most {_far(block.largest)}"
    return text


def _far(largest: float | None) -> str:
    return "no number" if largest is None else f"{largest:.2g}"


def _place(block: BlockDifference, cell: CellPair) -> str:
    if not cell.cell_a:
        return ""
    moved = f" ({cell.cell_b} in B)" if cell.cell_b != cell.cell_a else ""
    return f"{block.sheet}!{cell.cell_a}{moved}: "


def _said(content: Content) -> str:
    if isinstance(content, float) and content.is_integer():
        return f"{content:.0f}"
    return "nothing" if content is None else str(content)


def _largest(blocks: Sequence[BlockDifference]) -> str:
    """The block with the largest difference of all."""
    found = max(blocks, key=lambda block: block.largest or 0.0)
    if not found.largest:
        return ""
    epoch = "" if found.epoch is None else f", epoch {found.epoch:,}"
    return f", the largest difference {_far(found.largest)} in {found.matrix}{epoch}"


def _unmatched(found: Sequence[Unmatched]) -> Iterator[str]:
    """A line for each kind of what is not in both."""
    for what, title in (("sheet", "sheets"), ("matrix", "matrices"), ("number", "numbers")):
        for side, other in (("a", "b"), ("b", "a")):
            names = [
                f"{each.name}{_extra(what, getattr(each, side))}"
                for each in found
                if each.what == what
                and getattr(each, side) is not None
                and (getattr(each, other) is None)
            ]
            if names:
                yield f"{title} only in {side.upper()}: {', '.join(names)}"
    for each in found:
        if each.what == "epochs":
            for side, epochs in (("A", each.a), ("B", each.b)):
                if epochs:
                    yield f"epochs only in {side}: {epochs}"
        elif each.what == "batches":
            yield f"batches of an epoch: {each.a} → {each.b}"
        elif each.what == "blocks":
            counts = f"{each.a or 0} only in A, {each.b or 0} only in B"
            yield f"blocks on the sheet {each.name}: {counts}"
        elif each.what == "sheet" and None not in (each.a, each.b):
            yield f"the sheet {each.name}: {each.a} → {each.b}"
    shapes = [f"{each.name} {each.a} → {each.b}" for each in found if each.what == "shape"]
    if shapes:
        yield f"of another shape: {', '.join(shapes)}"


def _extra(what: str, has: str) -> str:
    if what == "sheet":
        return "" if has == "there" else f" ({has})"
    return f" {has}"


def _counts(found: Differences) -> Iterator[str]:
    """How much differs, kind by kind."""
    if found.settings:
        yield counted(len(found.settings), "setting")
    for kind, name in NAMES.items():
        if count := sum(block.count for block in found.blocks if block.kind == kind):
            yield counted(count, name)
    if count := sum(block.count for block in found.blocks if block.kind == "kept"):
        yield counted(count, "number") + " that are not live"
    if found.unmatched:
        yield "not everything could be compared"
