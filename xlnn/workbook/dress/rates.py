"""What stands over the cells of the sheet Rates: the chart of the curves."""

from __future__ import annotations

from openpyxl.chart import Reference, ScatterChart, Series
from openpyxl.chart.data_source import StrRef
from openpyxl.chart.series import SeriesLabel
from openpyxl.worksheet.worksheet import Worksheet

from xlnn.training.trace import Trace
from xlnn.workbook.boards.board import Board
from xlnn.workbook.boards.rates import CHART_HEIGHT, NAME, RATE, RATES_ROW
from xlnn.workbook.dress.charts import plain_axes
from xlnn.workbook.plan import cell_name
from xlnn.workbook.texts import Texts
from xlnn.workbook.theme import SERIES
from xlnn.workbook.theme_file import Theme

DASHES = ("solid", "dash", "sysDot", "dashDot", "lgDash")


def dress_rates(sheet: Worksheet, board: Board, texts: Texts, trace: Trace, theme: Theme) -> None:
    """Adds the chart of the curves."""
    words, blocks = texts["rates"], {block.name: block for block in board.blocks}
    losses, rates = blocks["losses"], blocks["rates"]
    chart = ScatterChart()
    chart.title, chart.scatterStyle, chart.style = words["chart"], "lineMarker", 13
    chart.width, chart.height = 20, CHART_HEIGHT  # in centimetres
    chart.x_axis.title, chart.y_axis.title = words["epoch"], texts["loss"]["of_a_sample"]
    x = Reference(sheet, min_col=1, min_row=losses.row, max_row=losses.last_row)
    for j in range(RATE.size):
        y = Reference(sheet, min_col=2 + j, min_row=losses.row, max_row=losses.last_row)
        series = Series(y, x)
        series.tx = _named_by(f"{NAME}!{rates.absolute(0, j)}")
        series.marker.symbol, series.smooth = "none", False
        series.graphicalProperties.line.solidFill = theme.colour(SERIES[j])
        series.graphicalProperties.line.dashStyle = DASHES[j]
        chart.series.append(series)
    plain_axes(chart, theme)
    chart.x_axis.scaling.min = 0
    sheet.add_chart(chart, cell_name(RATES_ROW, RATE.size + 3))


def _named_by(cell: str) -> SeriesLabel:
    """A series that bears what stands in a cell."""
    return SeriesLabel(strRef=StrRef(cell))
