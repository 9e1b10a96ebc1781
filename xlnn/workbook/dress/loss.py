"""What stands over the cells of the sheet Loss: the chart of its curves."""

from __future__ import annotations

from openpyxl.chart import Reference, ScatterChart, Series
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.worksheet.worksheet import Worksheet

from xlnn.training.trace import Trace
from xlnn.workbook.dress.charts import plain_axes
from xlnn.workbook.plan import LOSS_COLUMN, LOSS_FIRST, cell_name
from xlnn.workbook.texts import Texts, about
from xlnn.workbook.theme import SERIES
from xlnn.workbook.theme_file import Theme

CHART_SIZE = 22.0, 11.0
"""Centimetres."""

CHARTED = {"mean_loss": SERIES[0], "test_mean_loss": SERIES[1]}
"""What the chart shows, and the styles of its curves: both are of one sample, so that they can be
compared."""

CHARTED_ROWS = 1_000_000
"""The last row that openpyxl lets a chart read."""


def dress_loss(sheet: Worksheet, trace: Trace, texts: Texts, theme: Theme) -> None:
    """Adds the chart to the right of the numbers."""
    words, curves = texts["loss"], trace.recipe.curves
    chart = ScatterChart()
    chart.title, chart.scatterStyle, chart.style = words["chart"], "lineMarker", 13
    chart.width, chart.height = CHART_SIZE  # type: ignore[assignment]  # in centimetres
    chart.x_axis.title, chart.y_axis.title = words["epoch"], words["of_a_sample"]
    chart.x_axis.scaling.min = chart.y_axis.scaling.min = 0
    last = min(LOSS_FIRST + len(trace.loss) - 1, CHARTED_ROWS)
    epochs = Reference(sheet, min_col=1, min_row=LOSS_FIRST, max_row=last)
    for name in curves:
        if name not in CHARTED:
            continue
        column = LOSS_COLUMN + curves.index(name)
        values = Reference(sheet, min_col=column, min_row=LOSS_FIRST, max_row=last)
        series = Series(values, epochs, title=about(texts, "curve", name))
        series.marker.symbol = "circle" if last - LOSS_FIRST < 30 else "none"
        series.smooth = False
        colour = theme.colour(CHARTED[name])
        series.graphicalProperties.line.solidFill = colour
        series.marker.graphicalProperties = GraphicalProperties(solidFill=colour)
        chart.series.append(series)
    plain_axes(chart, theme)
    sheet.add_chart(chart, cell_name(LOSS_FIRST - 1, LOSS_COLUMN + len(curves) + 1))
