"""What stands over the cells of the sheet Boundary: its colours, and the chart of the samples."""

from __future__ import annotations

import math

from openpyxl.chart import Reference, ScatterChart, Series
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.formatting.rule import ColorScaleRule
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from xlnn.training.trace import Trace
from xlnn.workbook.boards.board import Block, Board
from xlnn.workbook.boards.boundary import CHART, CHART_HEIGHT, class_matrix
from xlnn.workbook.dress.charts import plain_axes
from xlnn.workbook.plan import Area, cell_name
from xlnn.workbook.texts import Texts
from xlnn.workbook.theme import SERIES
from xlnn.workbook.theme_file import Theme


def dress_boundary(
    sheet: Worksheet, board: Board, texts: Texts, trace: Trace, theme: Theme
) -> None:
    """Colours the grid by its numbers, and adds the chart of the samples."""
    words = texts["boundary"]
    blocks = {block.name: block for block in board.blocks}
    sheet.conditional_formatting.add(
        blocks["grid"].range,
        ColorScaleRule(**_scale(trace, theme)),  # type: ignore[no-untyped-call]
    )
    if "output_shown" in blocks:
        last = blocks["output_shown"]
        outputs = board.plan.schedule.network.outputs
        choice = DataValidation(
            type="whole", operator="between", formula1="1", formula2=str(outputs), allow_blank=False
        )
        choice.error = words["output"]
        choice.add(last.cell())
        sheet.add_data_validation(choice)
    sheet.add_chart(_chart(sheet, board, words, trace, theme), cell_name(CHART, 2))


def _scale(trace: Trace, theme: Theme) -> dict[str, object]:
    """The colours of the grid, and where they begin, turn and end. Two classes have the colours of
    their samples, and the middle one is where the network is undecided; one of several outputs has
    a colour that no class has."""
    network, experiment = trace.schedule.network, trace.experiment
    activation, is_class = network.output_activation, experiment.class_kind != "none"
    scale: dict[str, object] = {"start_type": "min", "end_type": "max"}
    if is_class and math.isfinite(activation.lowest) and math.isfinite(activation.highest):
        scale = {"start_type": "num", "start_value": activation.lowest}
        scale |= {"end_type": "num", "end_value": activation.highest}
    if network.outputs > 1:
        return scale | {"start_color": theme.fill("middle"), "end_color": theme.fill("result")}
    turn = {"mid_type": "percentile", "mid_value": 50}
    if is_class:
        turn = {"mid_type": "num", "mid_value": experiment.settings["class_bound"]}
    colours = {
        "start_color": theme.fill("low"),
        "mid_color": theme.fill("middle"),
        "end_color": theme.fill("high"),
    }
    return scale | turn | colours


def _chart(
    sheet: Worksheet, board: Board, words: Texts, trace: Trace, theme: Theme
) -> ScatterChart:
    chart = ScatterChart()
    chart.title, chart.scatterStyle, chart.style = words["chart"], "lineMarker", 13
    chart.width, chart.height = 18, CHART_HEIGHT  # in centimetres
    chart.x_axis.title, chart.y_axis.title = trace.experiment.feature_names or ("", "")
    classes = [block for block in board.blocks if block.name.startswith("class_")]
    sources: list[tuple[Worksheet, Area | Block]]
    if classes:
        # Of some class there may be no sample.
        members = trace[class_matrix(board.plan) or "", trace.epochs[0]].max(axis=0) > 0
        named = zip(classes, trace.experiment.classes, members, strict=True)
        shown = [(block, name) for block, name, has_samples in named if has_samples]
        sources, names = [(sheet, block) for block, _ in shown], [name for _, name in shown]
    else:
        # The samples stand on the board itself, too: their own sheet may not be there yet.
        everything = next(block for block in board.blocks if block.name == "all_samples")
        sources, names = [(sheet, everything)], [words["samples_name"]]
    for number, (page, source) in enumerate(sources):
        last = source.row + source.shape.rows.size - 1
        x, y = (
            Reference(page, min_col=source.column + j, min_row=source.row, max_row=last)
            for j in (0, 1)
        )
        series = Series(y, x, title=names[number])
        series.graphicalProperties = GraphicalProperties()
        series.graphicalProperties.line.noFill = True
        series.marker.symbol = ("circle", "diamond", "square", "triangle")[number % 4]
        series.marker.size = 7
        colour = theme.colour(SERIES[number % len(SERIES)])
        series.marker.graphicalProperties = GraphicalProperties(solidFill=colour)
        series.marker.graphicalProperties.line.solidFill = "FFFFFF"
        chart.series.append(series)
    plain_axes(chart, theme)
    chart.x_axis.crosses = chart.y_axis.crosses = "min"  # beside the samples, not among them
    return chart
