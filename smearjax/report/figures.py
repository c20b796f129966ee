"""Every figure of the report, by name, drawn in the house style."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any

from smearjax.report.methods import ordering_figure, roc_figure
from smearjax.report.scales import auc_figure, information_figure, smeared_network_figure
from smearjax.report.style import hep_style

FIGURES = {
    "auc_vs_epsilon": auc_figure,
    "information_per_lnepsilon": information_figure,
    "smeared_efn": smeared_network_figure,
    "roc": roc_figure,
    "ado": ordering_figure,
}
FORMATS = ("png", "pdf", "svg")
# Dates would make two runs with the same seed differ.
_METADATA = {"png": {"Software": "smearjax"}, "pdf": {"CreationDate": None}, "svg": {"Date": None}}


def render_figures(result: Mapping[str, Any]) -> dict[str, dict[str, bytes]]:
    """Draw every figure of a result.

    Source: smearjax's own layout; the curves are those of `epsilon_curve` and `information`.

    Args:
        result: A checked result (see `smearjax.report.check_result`); energies in GeV.

    Returns:
        For each figure's name the bytes of its PNG, PDF and SVG file.

    Raises:
        KeyError: The result was not checked and lacks a key.

    Examples:
        >>> sorted(FIGURES)
        ['ado', 'auc_vs_epsilon', 'information_per_lnepsilon', 'roc', 'smeared_efn']
        >>> render_figures({})
        Traceback (most recent call last):
        KeyError: 'auc_vs_epsilon'
    """
    drawn: dict[str, dict[str, bytes]] = {}
    with hep_style():
        for name, draw in FIGURES.items():
            figure = draw(result)
            # The layout is found once, and kept for all formats.
            figure.draw_without_rendering()
            figure.set_layout_engine("none")
            drawn[name] = {}
            for kind in FORMATS:
                buffer = BytesIO()
                figure.savefig(buffer, format=kind, metadata=_METADATA[kind])
                drawn[name][kind] = buffer.getvalue()
    return drawn
