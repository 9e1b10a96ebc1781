"""Options that several commands have."""

from __future__ import annotations

import click

ENGINES = "ironcalc", "libreoffice", "gnumeric"
"""As ``xlnn.audit.engines`` names them, which takes long to import."""

tolerance = click.option(
    "--tolerance",
    type=float,
    default=1e-9,
    show_default=True,
    help="The largest |a − b| / max(1, |b|) that is let pass.",
)
