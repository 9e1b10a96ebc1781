"""xlnn map."""

from __future__ import annotations

import json
from pathlib import Path

import click


@click.command("map")
@click.argument("workbook", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.option(
    "--suggest",
    is_flag=True,
    help="Draft a map of a workbook that xlnn did not build, by the labels beside its blocks and "
    'by its numbers, for "xlnn audit --map".',
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Where to write the draft. [default: printed]",
)
@click.option("--force", is_flag=True, help="Replace a draft that exists.")
@click.pass_context
def command(
    ctx: click.Context,
    workbook: Path,
    as_json: bool,
    suggest: bool,
    output: Path | None,
    force: bool,
) -> None:
    """Show where every matrix is in WORKBOOK.

    Exit status of --suggest: 0, or 1 where inputs, targets or weights were not found.
    """
    if suggest:
        ctx.exit(_suggest(workbook, output, force))
    if output is not None or force:
        raise click.UsageError("-o and --force go with --suggest")
    from xlnn.audit.self_description import read_description, to_json
    from xlnn.audit.stored.workbook import StoredWorkbook

    description = to_json(read_description(StoredWorkbook(workbook)))
    if as_json:
        click.echo(json.dumps(description, indent=1, ensure_ascii=False))
        return
    click.echo(f"{description['title']} (xlnn {description['xlnn']})")
    several = any(entry["batch"] > 1 for entry in description["matrices"])
    width = max((len(entry["name"]) for entry in description["matrices"]), default=0) + 1
    for entry in description["matrices"]:
        batch = f"  batch {entry['batch']:>4}" if several else ""
        place = f"{entry['sheet']}!{entry['range']}"
        shape = f"{entry['rows']}×{entry['columns']}"
        reads = f"reads {', '.join(entry['reads'])}" if entry["reads"] else entry["kind"]
        click.echo(
            f"step {entry['step']:>2}  epoch {entry['epoch']:>4}{batch}  {entry['name']:<{width}}"
            f"{shape:>9}  {place:<{width + 14}}  {reads}"
        )


def _suggest(workbook: Path, output: Path | None, force: bool) -> int:
    """Prints or writes a draft; gives the exit status."""
    from xlnn.audit.theirs.draft.suggestion import check_draft_path, suggest

    check_draft_path(output, force=force)
    draft = suggest(workbook)
    if output is None:
        click.echo(draft.text, nl=False)
    else:
        draft.write(output)
        remarks = f", {draft.unsure} lines with a remark to look at" if draft.unsure else ""
        click.echo(f"{output}: written{remarks}")
    for each in draft.missing:
        click.echo(f"Not found: {each}", err=True)
    return int(bool(draft.missing))
