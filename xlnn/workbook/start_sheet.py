"""The sheet Start: what this workbook is, how to read it, where it comes from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from xlnn.maths.recipe import Step
from xlnn.maths.words import notation
from xlnn.training.trace import Trace
from xlnn.workbook.cells import Cell, Link, Page, Row
from xlnn.workbook.plan import LOSS, MAP, SETTINGS, START, Plan, cell_name
from xlnn.workbook.settings_sheet import epoch_ranges
from xlnn.workbook.texts import Texts, number_text

WIDTHS = {1: 16.0, 2: 30.0, 3: 12.0, 4: 90.0}


@dataclass(frozen=True, slots=True)
class Evidence:
    """What an audit found, to stand in the workbook that it audited."""

    ok: bool
    cells: int
    engines: str
    """Names and versions."""
    worst: float
    """The largest difference |a − b| / max(1, |b|)."""
    tolerance: float


def start_page(
    plan: Plan, trace: Trace, texts: Texts, versions: str, evidence: Evidence | None
) -> Page:
    """The page of the Start sheet. ``versions`` names the programs that built it."""
    sheet = _Start(plan, trace, texts)
    sheet.write(versions, evidence)
    return Page(
        name=START,
        rows=sheet.rows,
        dimension=f"A1:{cell_name(len(sheet.rows), 4)}",
        widths=WIDTHS,
        links=sheet.links,
    )


class _Start:
    """Collects the rows from top to bottom."""

    def __init__(self, plan: Plan, trace: Trace, texts: Texts) -> None:
        self.plan, self.trace, self.texts = plan, trace, texts
        self.rows: list[Row] = []
        self.links: list[Link] = []

    def write(self, versions: str, evidence: Evidence | None) -> None:
        words, experiment = self.texts["start"], self.trace.experiment
        self._line(Cell(1, "title", experiment.title))
        self._line(Cell(1, "text", words["what"]))
        self._line(Cell(1, "text", words["live"]))
        if experiment.protect:
            self._line(Cell(1, "text", self._coloured(words["protected"])))
        for text in self._network():
            self._line(Cell(1, "text", text))
        for note in experiment.notes:
            self._line(Cell(1, "note", note))
        ways = {1: MAP, 2: SETTINGS, 3: LOSS}
        self._line(*(Cell(i, "link", way) for i, way in ways.items()), links=ways)
        self._line()
        for text in words["read"]:
            self._line(Cell(1, "text", self._coloured(text)))
        self._line()
        self._legend()
        self._line()
        self._steps()
        self._line()
        self._provenance(versions, evidence)

    def _line(self, *cells: Cell, links: dict[int, str] | None = None) -> None:
        number = len(self.rows) + 1
        self.rows.append(Row(number, cells))
        for column, target in (links or {}).items():
            self.links.append(Link(cell_name(number, column), f"{target}!A1"))

    def _coloured(self, text: str) -> str:
        """A sentence with what the theme's colours are called."""
        return text.format(**self.texts["colour_of"])

    def _network(self) -> list[str]:
        experiment, words = self.trace.experiment, self.texts["start"]
        sizes = [experiment.X.shape[1], *experiment.hidden, experiment.y.shape[1]]
        said = [
            words["network"].format(
                layers="-".join(str(size) for size in sizes),
                samples=len(experiment.rows[0]),
                epochs=len(self.trace.loss),
            )
        ]
        if experiment.rows[1]:
            said.append(words["tested"].format(tested=len(experiment.rows[1])))
        if self.plan.batches > 1:
            order = words["shuffled" if experiment.shuffle else "in_order"]
            said.append(words["batches"].format(batches=self.plan.batches, order=order))
        if experiment.classes:
            said.append(words["classes"].format(classes=", ".join(experiment.classes)))
        if len(self.trace.loss) < experiment.epochs:
            assert experiment.stop_below is not None  # else all epochs were trained
            bound = number_text(self.texts, experiment.stop_below, "g")
            said.append(words["stopped"].format(epoch=len(self.trace.loss), bound=bound))
        return said

    def _legend(self) -> None:
        words = self.texts["start"]
        self._line(Cell(1, "subtitle", words["legend_heading"]))
        roles = ["input", "result"]
        if self.plan.shows_operands:
            roles.append("operand")
        if len(self.plan.epochs) * self.plan.batches > 1:
            roles.append("carried")
        for role in roles:
            self._line(Cell(1, role, 0.123456), Cell(2, "comment", words[f"legend_{role}"]))

    def _steps(self) -> None:
        words = self.texts["start"]
        self._line(Cell(1, "subtitle", words["steps_heading"]))
        self._line(
            *(Cell(i, "column title", text) for i, text in enumerate(words["steps_columns"], 1))
        )
        curves = self.plan.recipe.curves
        for member in self.plan.recipe.members.values():
            if isinstance(member, Step):
                formula = notation(member.expr)
            else:
                given = member in (*self.plan.recipe.data, *self.plan.recipe.drawn)
                formula = words["given"] if given else words["start_value"]
            self._line(
                Cell(1, "value", member.number),
                Cell(2, "link", member.name),
                Cell(3, "text", str(member.shape)),
                Cell(4, "text", formula),
                links={2: LOSS if member.name in curves else member.name},
            )

    def _provenance(self, versions: str, evidence: Evidence | None) -> None:
        words, experiment, plan = self.texts["start"], self.trace.experiment, self.plan
        self._line(Cell(1, "subtitle", words["provenance_heading"]))
        self._line(Cell(1, "text", versions))
        drawn = [p.name for p in plan.recipe.parameters if p.name not in experiment.weights]
        if experiment.weights:
            self._line(Cell(1, "text", words["given_start"].format(", ".join(experiment.weights))))
        if drawn:
            method, seed = experiment.start, experiment.seed
            text = words["drawn_start"].format(", ".join(drawn), method, seed)
            if experiment.generator == "legacy":
                text = f"{text} {words['legacy'].format(experiment.skip)}"
            self._line(Cell(1, "text", text))
        shown, trained = epoch_ranges(plan.epochs), len(self.trace.loss)
        self._line(Cell(1, "text", words["shown"].format(shown=shown, epochs=trained)))
        if len(plan.epochs) < trained:
            self._line(Cell(1, "text", words["not_shown"]))
        if not plan.shows_operands:
            self._line(Cell(1, "text", self._coloured(words["no_operands"])))
        for text in self._verdict(evidence):
            self._line(Cell(1, "text", text))

    def _verdict(self, evidence: Evidence | None) -> Iterator[str]:
        words = self.texts["start"]
        if evidence is None:
            yield words["not_audited"]
            return
        verdict = words["agree"] if evidence.ok else words["differ"]
        yield words["audited"].format(
            cells=number_text(self.texts, evidence.cells, ","),
            engines=evidence.engines,
            verdict=verdict,
        )
        yield words["worst"].format(
            worst=number_text(self.texts, evidence.worst, ".1e"),
            tolerance=number_text(self.texts, evidence.tolerance, ".0e"),
        )
