"""The sheet Start: what this workbook is, how to read it, where it comes from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter

from xlnn.maths.recipe import Step
from xlnn.maths.words import notation
from xlnn.training.trace import Trace
from xlnn.workbook.boards.answers import follows
from xlnn.workbook.boards.extras import EXTRAS, left_out
from xlnn.workbook.boards.page import board_links, board_rows
from xlnn.workbook.boards.summary import summary_board
from xlnn.workbook.cells import Cell, Link, Page, Row
from xlnn.workbook.network_picture import NetworkPicture
from xlnn.workbook.plan import LOSS, MAP, SETTINGS, START, Plan, cell_name
from xlnn.workbook.settings_sheet import epoch_ranges
from xlnn.workbook.texts import Texts, number_text

FIRST_WIDTH, WIDTH, COLUMNS = 20.0, 17.0, 9
"""Of the columns, in characters, and how many there are at least."""


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
        dimension=f"A1:{cell_name(sheet.rows[-1].number, sheet.columns)}",
        widths={1: FIRST_WIDTH} | dict.fromkeys(range(2, sheet.columns + 1), WIDTH),
        links=sheet.links,
    )


class _Start:
    """Collects the rows from top to bottom."""

    def __init__(self, plan: Plan, trace: Trace, texts: Texts) -> None:
        self.plan, self.trace, self.texts = plan, trace, texts
        self.rows: list[Row] = []
        self.links: list[Link] = []
        self.columns = COLUMNS

    def write(self, versions: str, evidence: Evidence | None) -> None:
        words, experiment = self.texts["start"], self.trace.experiment
        self._line(Cell(1, "title", experiment.title))
        for text in self._network():
            self._line(Cell(1, "text", text))
        self._live()
        self._line()
        self._picture()
        self._line()
        for note in experiment.notes:
            self._line(Cell(1, "note", note))
        ways = {1: MAP, 2: SETTINGS, 3: LOSS}
        self._line(*(Cell(i, "link", way) for i, way in ways.items()), links=ways)
        self._extras()
        self._line()
        live = "live" if follows(self.plan) else "live_with_gaps"
        for text in (words[live], *words["read"]):
            self._line(Cell(1, "text", self._coloured(text)))
        if experiment.protect:
            self._line(Cell(1, "text", self._coloured(words["protected"])))
        self._line()
        self._legend()
        self._line()
        self._steps()
        self._line()
        self._provenance(versions, evidence)

    def _live(self) -> None:
        """The cells that are live: the verdict and the settings."""
        board = summary_board(self.plan)
        for row in board_rows(board, self.trace, self.texts):
            self.rows.append(row)
        self.links += board_links(board)

    def _picture(self) -> None:
        picture = NetworkPicture(self.plan, self.trace, self.texts)
        self.columns = max(self.columns, picture.columns)
        self.links += picture.links(self._next)
        for offset in range(picture.height):
            self._line(*picture.row(offset))

    def _extras(self) -> None:
        """The sheets besides those of the matrices, and which were left out."""
        words = self.texts["extras"]
        self._line()
        self._line(Cell(1, "subtitle", words["heading"]))
        for name in self.plan.extras:
            self._line(Cell(1, "link", name), Cell(2, "text", words[name]), links={1: name})
        for name, why in left_out(self.plan):
            wanted = [extra for extra in EXTRAS if extra in (*self.plan.extras, name)]
            reason = words[why].format(name=",".join(wanted))
            self._line(
                Cell(1, "key", name), Cell(2, "comment", words["left_out"].format(why=reason))
            )

    @property
    def _next(self) -> int:
        """The row that comes next."""
        return self.rows[-1].number + 1 if self.rows else 1

    def _line(self, *cells: Cell, links: dict[int, str] | None = None) -> None:
        number = self._next
        self.rows.append(Row(number, cells))
        for column, target in (links or {}).items():
            self.links.append(Link(cell_name(number, column), f"{target}!A1"))

    def _coloured(self, text: str) -> str:
        """A sentence with what the theme's colours are called."""
        return text.format(**self.texts["colour_of"])

    def _network(self) -> list[str]:
        """What the network does with the data: three rows, above what is live."""
        trace, experiment, words = self.trace, self.trace.experiment, self.texts["start"]
        mean = [number_text(self.texts, trace.curves["mean_loss"][i], ".4g") for i in (0, -1)]
        sizes = [experiment.X.shape[1], *experiment.hidden, experiment.y.shape[1]]
        what = words["network"].format(
            layers="-".join(str(size) for size in sizes),
            samples=len(experiment.rows[0]),
            features=_listed(experiment.feature_names),
            targets=_listed(experiment.target_names),
        )
        said = []
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
        epochs = len(trace.loss)
        course = "trained_astray" if trace.loss[-1] > trace.loss[0] else "trained"
        course = words[course if epochs > 1 else "trained_once"].format(
            epochs=epochs, loss=experiment.loss, first=mean[0], last=mean[1]
        )
        return [what, course, " ".join(said)]

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
            *(
                Cell(i, "column title", text)
                for i, text in zip(range(1, 10), _spread(words["steps_columns"]), strict=True)
            )
        )
        curves = self.plan.recipe.curves
        # What is measured after the update belongs to a step before.
        for member in sorted(self.plan.recipe.members.values(), key=attrgetter("number")):
            if isinstance(member, Step):
                formula = notation(member.expr)
            else:
                given = member in (*self.plan.recipe.data, *self.plan.recipe.drawn)
                formula = words["given"] if given else words["start_value"]
            self._line(
                Cell(1, "value", member.number),
                Cell(2, "link", member.name),
                Cell(4, "text", str(member.shape)),
                Cell(5, "text", formula),
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


def _listed(names: Sequence[str] | None) -> str:
    """Names in a sentence; of many, the first and the last."""
    names = names or ()
    return ", ".join(names) if len(names) <= MOST_NAMES else f"{names[0]} … {names[-1]}"


def _spread(titles: Sequence[str]) -> list[str]:
    """The titles of the list of steps: names take two columns, formulas the rest."""
    number, name, shape, formula = titles
    return [number, name, "", shape, formula, "", "", "", ""]


MOST_NAMES = 6
"""That a sentence lists."""
