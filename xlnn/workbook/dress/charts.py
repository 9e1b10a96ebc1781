"""What all charts share, so that every program draws them alike."""

from __future__ import annotations

from openpyxl.chart import ScatterChart
from openpyxl.chart.axis import ChartLines
from openpyxl.chart.legend import Legend
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.drawing.line import LineProperties

from xlnn.workbook.theme import GRIDLINE
from xlnn.workbook.theme_file import Theme


def plain_axes(chart: ScatterChart, theme: Theme) -> None:
    """Axes that are seen, faint lines behind, titles beside the curves, and a legend below if
    there is more than one series."""
    for axis in (chart.x_axis, chart.y_axis):
        axis.delete = False  # else newer Excels show no axis
        axis.number_format = "General"
        axis.majorGridlines = ChartLines(spPr=_line(theme.line(GRIDLINE)))
    chart.legend = Legend() if len(chart.series) > 1 else None
    if chart.legend is not None:
        chart.legend.position = "b"
    for titled in (chart, chart.x_axis, chart.y_axis):
        if titled.title is not None:
            titled.title.overlay = False  # else newer Excels draw it over the curves


def _line(colour: str) -> GraphicalProperties:
    """A line of a colour."""
    return GraphicalProperties(ln=LineProperties(solidFill=colour))
