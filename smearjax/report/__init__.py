"""From a result to a page: figures, one self-contained HTML file, and the numbers beside it."""

from smearjax.report.figures import render_figures as render_figures
from smearjax.report.page import render_page as render_page
from smearjax.report.page import write_report as write_report
from smearjax.report.schema import check_result as check_result
from smearjax.report.schema import load_result as load_result
from smearjax.report.training import write_training as write_training

__all__ = [
    "check_result",
    "load_result",
    "render_figures",
    "render_page",
    "write_report",
    "write_training",
]
