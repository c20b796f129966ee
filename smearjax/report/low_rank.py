"""How many components carry distance, how many carry labels, and what the first look like."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from smearjax.analysis.sections.components import low_rank_record
from smearjax.interpret.low_rank import KarhunenLoeve
from smearjax.interpret.rank_information import RankInformation
from smearjax.metric.angles import ANGLES
from smearjax.report.axes import OMEGA, column
from smearjax.report.canvas import bare_figure
from smearjax.report.style import BLUE, GREEN, INK, MUTED, OCHRE, VERMILION

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_BY_EPSILON = (VERMILION, OCHRE, GREEN, BLUE)

Record = Mapping[str, Any]


def spectrum_figure(spectrum: KarhunenLoeve, ranks: RankInformation) -> Figure:
    """The spectrum, and what the leading components carry of distance and of label information.

    Args:
        spectrum: From `karhunen_loeve`.
        ranks: From `information_by_rank` of the same jets.

    Returns:
        Left, √λ of each component in GeV. Right, the share of ⟨d²⟩ and the shares of R at up to
        four ε in the first k components; bands are one standard error.

    Examples:
        >>> from smearjax import SmearedLikelihood, load_jets
        >>> from smearjax.interpret.low_rank import karhunen_loeve
        >>> from smearjax.interpret.rank_information import information_by_rank
        >>> likelihood = SmearedLikelihood(load_jets("sample")[:300])
        >>> found = information_by_rank(likelihood, [5.0, 20.0], ranks=[1, 4], replicas=3)
        >>> figure = spectrum_figure(karhunen_loeve(likelihood, replicas=3), found)
        >>> [axes.get_ylabel() for axes in figure.axes]
        ['standard deviation √λ [GeV]', 'share in the first k components']
    """
    return draw_spectrum(low_rank_record(spectrum, ranks, 0))


def draw_spectrum(record: Record) -> Figure:
    """The figure of `spectrum_figure` from the record of section "components" of a result.

    Raises:
        KeyError: The record was not checked and lacks a key.

    Examples:
        >>> draw_spectrum({})
        Traceback (most recent call last):
        KeyError: ...
    """
    figure = bare_figure(13.2, 5.9)
    panels: Any = figure.subplots(1, 2, width_ratios=(1, 1.25))
    left, right = panels
    _spectrum(left, record)
    _shares(right, record)
    _small_print(figure, record, "; bands ±1 standard error")
    return figure


def components_figure(
    spectrum: KarhunenLoeve, ranks: RankInformation | None = None, count: int = 4
) -> Figure:
    """The first components as changes of the spectral function.

    Args:
        spectrum: From `karhunen_loeve`.
        ranks: From `information_by_rank`, for what each component says of labels alone.
        count: How many components, in two rows.

    Returns:
        For each component the angle ω against the fraction U of the weight of all pairs that lies
        at wider angles: of the mean jet, and of jets one and two standard deviations off.

    Examples:
        >>> from smearjax import load_jets
        >>> from smearjax.interpret.low_rank import karhunen_loeve
        >>> from smearjax.metric import Cloud
        >>> figure = components_figure(karhunen_loeve(Cloud(load_jets("sample")[:300])), count=2)
        >>> [len(axes.lines) for axes in figure.axes]
        [5, 5]
    """
    return draw_components(low_rank_record(spectrum, ranks, count))


def draw_components(record: Record) -> Figure:
    """The figure of `components_figure` from the record of section "components" of a result.

    Raises:
        KeyError: The record was not checked and lacks a key.

    Examples:
        >>> draw_components({})
        Traceback (most recent call last):
        KeyError: 'changes'
    """
    count = len(record["changes"])
    rows = 1 if count <= 2 else 2
    across = -(-count // rows)
    figure = bare_figure(5.4 * across + 1.4, 4.3 * rows + 0.9)
    cells = figure.subplots(rows, across, sharex=True, sharey=True, squeeze=False)
    for cell in cells.flat[count:]:
        cell.set_axis_off()
    for k, (axes, change) in enumerate(zip(cells.flat, record["changes"], strict=False), start=1):
        for name, curve in change["omega"].items():
            s = int(name)
            colour = INK if s == 0 else (VERMILION if s > 0 else BLUE)
            style: dict[str, Any] = {"lw": 2.6 if abs(s) < 2 else 1.5, "color": colour}
            label = "mean jet" if s == 0 else f"{s:+d} σ".replace("-", "−")
            axes.plot(change["u"], curve, label=label, **style)
        axes.set_title(_headline(record, k), fontsize=14)
        axes.set(xscale="log", xlim=(1e-3, 1), ylim=(0, None))
        axes.xaxis.set_major_formatter("{x:g}")
    cells[0, -1].legend(loc="upper right")
    for axes in cells[-1]:
        axes.set_xlabel("U: weight at angles wider than ω")
    for axes in cells[:, 0]:
        axes.set_ylabel(f"angle {OMEGA[record['convention']['omega']].split(' = ')[0]}")
    _small_print(figure, record, "")
    return figure


def _spectrum(axes: Axes, record: Record) -> None:
    """√λ with its error against the number of the component."""
    eigenvalue, errors = (
        column(record["spectrum"], f"eigenvalue_gev2{end}") for end in ("", "_err")
    )
    k = 1 + np.arange(len(eigenvalue))
    there = eigenvalue > 1e-9 * eigenvalue[0]
    k, value = k[there], np.sqrt(eigenvalue[there])
    error = 0.5 * errors[there] / value
    axes.fill_between(k, value - error, value + error, color=INK, alpha=0.25, lw=0)
    axes.plot(k, value, "o-", color=INK, ms=4, lw=1.2, mec="white", mew=0.4)
    axes.set(xscale="log", yscale="log", xlabel="component k")
    axes.set_ylabel("standard deviation √λ [GeV]")
    axes.yaxis.set_major_formatter("{x:g}")
    _plain_ticks(axes, len(eigenvalue))
    axes.set_title("How far jets spread")
    words = [
        f"{name.replace('_', ' ')} {record[name]:.2f} ± {record[f'{name}_err']:.2f}"
        for name in ("effective_rank", "participation_ratio")
    ]
    axes.text(0.05, 0.06, "\n".join(words), transform=axes.transAxes, fontsize=14, linespacing=1.4)


def _shares(axes: Axes, record: Record) -> None:
    """Shares of ⟨d²⟩ and of R against the number of components."""
    share, error = (column(record["spectrum"], f"share{end}") for end in ("", "_err"))
    k = 1 + np.arange(len(share))
    axes.fill_between(k, share - error, share + error, color=INK, alpha=0.25, lw=0)
    axes.plot(k, share, color=INK, label="mean squared distance")
    epsilon, rows = record["information"]["epsilon_gev"], record["information"]["leading"]
    rank, value, error = (
        np.array([row[key] for row in rows], float) for key in ("components", "share", "share_err")
    )
    shown = np.unique(np.linspace(0, len(epsilon) - 1, min(4, len(epsilon))).round().astype(int))
    for e, colour in zip(shown, _BY_EPSILON, strict=False):
        v, dv = value[:, e], error[:, e]
        axes.fill_between(rank, v - dv, v + dv, color=colour, alpha=0.2, lw=0)
        label = f"R at ε = {epsilon[e]:.3g} GeV"
        axes.plot(rank, v, "o-", color=colour, mec="white", mew=0.6, label=label)
    for level in (0.9, 1.0):
        axes.axhline(level, color=MUTED, lw=0.9, ls=(0, (2, 3)), zorder=0)
    axes.set(xscale="log", xlabel="first k components", xlim=(0.93, rank[-1] * 1.1))
    axes.set_ylabel("share in the first k components")
    _plain_ticks(axes, int(rank[-1]))
    axes.legend(loc="lower right")
    axes.set_title("Distance and labels")


def _headline(record: Record, k: int) -> str:
    """What a component carries of the distance, and alone of R at the least ε."""
    share = [0.0, *column(record["spectrum"], "share")]
    text = f"component {k}: {100 * (share[k] - share[k - 1]):.1f} % of ⟨d²⟩"
    information = record["information"]
    if information is None or k > len(information["alone"]):
        return text
    alone = information["alone"][k - 1]["share"][0]
    return f"{text}\nalone {100 * alone:.0f} % of R at {information['epsilon_gev'][0]:.3g} GeV"


def _plain_ticks(axes: Axes, most: int) -> None:
    """Powers of two as plain numbers."""
    ticks = [2**n for n in range(most.bit_length())]
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
    axes.minorticks_off()


def _small_print(figure: Figure, record: Record, note: str) -> None:
    """Jets, mean squared distance and convention."""
    convention = record["convention"]
    figure.supxlabel(
        f"{record['n_jets']:,} jets, ⟨d²⟩ = "
        f"({np.sqrt(record['mean_squared_distance_gev2']):.1f} GeV)²; "
        f"distance: SEMD with p = 2, β = {convention['beta']:g}, "
        f"{OMEGA.get(convention['omega'], ANGLES[convention['omega']].formula)}, "
        f"pT,ref = {convention['pt_ref_gev']:.0f} GeV{note}",
        x=0.015,
        ha="left",
        fontsize=11,
        color=MUTED,
        parse_math=False,
    )
