"""xlnn map."""

from __future__ import annotations

import json
from pathlib import Path

import click


@click.command("map")
@click.argument("workbook", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def command(workbook: Path, as_json: bool) -> None:
    """Show where every matrix is in WORKBOOK."""
    from xlnn.audit.reading import StoredWorkbook
    from xlnn.audit.self_description import read_description, to_json

    description = to_json(read_description(StoredWorkbook(workbook)))
    if as_json:
        click.echo(json.dumps(description, indent=1, ensure_ascii=False))
        return
    click.echo(f"{description['title']} (xlnn {description['xlnn']})")
    several = any(entry["batch"] > 1 for entry in description["matrices"])
    for entry in description["matrices"]:
        batch = f"  batch {entry['batch']:>4}" if several else ""
        place = f"{entry['sheet']}!{entry['range']}"
        shape = f"{entry['rows']}×{entry['columns']}"
        reads = f"reads {', '.join(entry['reads'])}" if entry["reads"] else entry["kind"]
        click.echo(
            f"step {entry['step']:>2}  epoch {entry['epoch']:>4}{batch}  {entry['name']:<26}"
            f"{shape:>9}  {place:<36}{reads}"
        )
