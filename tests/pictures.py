"""Pictures of some sheets, for the README: ``python -m tests.pictures``.

Builds ready examples, prints them with LibreOffice, and keeps the pages of some sheets in
``outputs/pictures``. Needs pdftoppm and pdftotext (poppler-utils) and Pillow.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

import xlnn

FOLDER = Path(__file__).parents[1] / "outputs" / "pictures"

PICTURES: Mapping[str, tuple[str, str]] = {
    "start": ("xor", "Start"),
    "step": ("demo", "hidden_layer_input"),
    "walkthrough": ("demo", "Walkthrough"),
    "predict": ("xor", "Predict"),
    "boundary": ("moons", "Boundary"),
    "rates": ("xor", "Rates"),
    "gradient-check": ("xor", "GradientCheck"),
    "checks": ("demo", "Checks"),
}
"""By the name of the file: the example, and the sheet."""

RESOLUTION = 110
"""Dots an inch."""

MARGIN = 12
"""Dots that stay around what is printed."""


def main() -> None:
    """Makes all pictures anew."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for example in dict.fromkeys(example for example, _ in PICTURES.values()):
            pdf = _printed(example, Path(folder))
            pages = _run("pdftotext", "-layout", str(pdf), "-").split("\f")
            for name, (source, sheet) in PICTURES.items():
                if source == example:
                    title = xlnn.example(example).title if sheet == "Start" else _title(sheet)
                    number = next(
                        i
                        for i, page in enumerate(pages, start=1)
                        if page.strip().partition("\n")[0].strip().startswith(title)
                    )
                    _picture(pdf, number, FOLDER / f"{name}.png")
                    print(f"{name}.png: {example}, {sheet}")


def _title(sheet: str) -> str:
    """How the page of a sheet begins."""
    return "Step 2: hidden_layer_input" if sheet == "hidden_layer_input" else f"{sheet}:"


def _printed(example: str, folder: Path) -> Path:
    """An example's workbook as a PDF."""
    path = folder / f"{example}.xlsx"
    xlnn.build(xlnn.example(example), path)
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    _run(
        "soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(folder), str(path)
    )
    return path.with_suffix(".pdf")


def _picture(pdf: Path, page: int, target: Path) -> None:
    """A page without its empty margins."""
    from PIL import Image, ImageChops

    stem = target.with_suffix("")
    _run(
        *("pdftoppm", "-r", str(RESOLUTION), "-png", "-singlefile"),
        *("-f", str(page), "-l", str(page), str(pdf), str(stem)),
    )
    with Image.open(target) as opened:
        image = opened.convert("RGB")
    box = ImageChops.difference(image, Image.new("RGB", image.size, "white")).getbbox()
    assert box is not None, f"{target.name} is empty"
    left, top, right, bottom = box
    image.crop(
        (
            max(0, left - MARGIN),
            max(0, top - MARGIN),
            min(image.width, right + MARGIN),
            min(image.height, bottom + MARGIN),
        )
    ).quantize(64).save(target, optimize=True)


def _run(*arguments: str) -> str:
    return subprocess.run(arguments, capture_output=True, check=True, text=True, timeout=300).stdout


if __name__ == "__main__":
    main()
