"""Figures with the resolution ε on the horizontal axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from smearjax.report.axes import band, column, epsilon_axis, footer, margin_labels, new_figure
from smearjax.report.style import BLUE, INK, MUTED, VERMILION, colours, pretty

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Rows = Sequence[Mapping[str, Any]]


def auc_figure(result: Mapping[str, Any]) -> Figure:
    """AUC of the smeared likelihood against ε, Gaussian and hard ball, over the balls' contents.

    Args:
        result: A checked result.

    Returns:
        Above, AUC(ε) with 68 % bands on all test jets (dotted: those whose hard ball is not
        empty), and the Energy Flow Network and the observables as horizontal lines. Below, the
        fractions of empty and of one-class balls.

    Raises:
        KeyError: The result was not checked and lacks a key.

    Examples:
        >>> auc_figure({})
        Traceback (most recent call last):
        KeyError: 'auc_vs_epsilon'
    """
    gaussian, ball = result["auc_vs_epsilon"], result["hard_ball_auc_vs_epsilon"]
    figure, (top, bottom) = new_figure((8.6, 7.4), ratios=(3.2, 1))
    ends = [
        _auc_curve(top, gaussian, BLUE, "Gaussian"),
        _auc_curve(top, ball, VERMILION, "hard ball"),
    ]
    top.plot(
        column(ball, "epsilon_gev"),
        column(ball, "auc_nonempty"),
        ":",
        color=VERMILION,
        lw=1.8,
        label="jets whose ball is not empty",
    )
    top.legend(loc="lower right")
    ends += _reference_lines(top, result)
    _mark_best(top, result["best"])
    top.set_ylabel("AUC on test jets")
    top.set_title("Quark or gluon, seen at resolution ε")
    for rows, colour in ((gaussian, BLUE), (ball, VERMILION)):
        epsilon = column(rows, "epsilon_gev")
        bottom.plot(epsilon, column(rows, "empty_fraction"), "-", color=colour, lw=1.8)
        bottom.plot(epsilon, column(rows, "one_class_fraction"), "--", color=colour, lw=1.8)
    for style, label in (("-", "empty"), ("--", "one class only")):
        bottom.plot([], [], style, color=MUTED, lw=1.8, label=label)
    bottom.legend(loc="upper right", ncols=2, columnspacing=1.2)
    bottom.set_ylabel("fraction\nof balls")
    bottom.set_ylim(-0.04, 1.04)
    epsilon_axis(bottom, [*gaussian, *ball])
    figure.align_ylabels()
    margin_labels(top, ends)
    footer(figure, result)
    return figure


def smeared_network_figure(result: Mapping[str, Any]) -> Figure:
    """AUC(ε) of the network's smeared output beside that of the smeared labels.

    Args:
        result: A checked result.

    Returns:
        Two curves with 68 % bands and the unsmeared network as a horizontal line.

    Raises:
        KeyError: The result was not checked and lacks a key.

    Examples:
        >>> smeared_network_figure({})
        Traceback (most recent call last):
        KeyError: 'smeared_efn_auc_vs_epsilon'
    """
    network, labels = result["smeared_efn_auc_vs_epsilon"], result["auc_vs_epsilon"]
    figure, axes = new_figure((8.6, 5.6))
    ends = [
        _auc_curve(axes, network, INK, "smeared EFN"),
        _auc_curve(axes, labels, BLUE, "smeared labels"),
        _level(axes, result["efn"], INK, "EFN, not smeared", dashed=True),
    ]
    axes.set_ylabel("AUC on test jets")
    axes.set_title("At which scales the network’s knowledge lives")
    epsilon_axis(axes, [*network, *labels])
    margin_labels(axes, ends)
    footer(figure, result)
    return figure


def information_figure(result: Mapping[str, Any]) -> Figure:
    """The information per logarithm of scale, above what is left of it at each ε.

    Args:
        result: A checked result.

    Returns:
        Above, −dR/dln ε and −dB/dln ε; below, R(ε) and B(ε); bands are one standard error. With
        section "null", also the bands of permuted labels, and peaks that stand out as diamonds.

    Raises:
        KeyError: The result was not checked and lacks a key.

    Examples:
        >>> information_figure({})
        Traceback (most recent call last):
        KeyError: 'information_per_lnepsilon'
    """
    rows = result["information_per_lnepsilon"]
    figure, (top, bottom) = new_figure((8.6, 7.4), ratios=(1.5, 1))
    epsilon = column(rows, "epsilon_gev")
    ends: dict[str, list[tuple[float, str, str]]] = {"top": [], "bottom": []}
    for name, colour in (("R", BLUE), ("B", VERMILION)):
        for axes, key, panel in (
            (top, f"minus_d{name}_dlneps", "top"),
            (bottom, name, "bottom"),
        ):
            value, error = column(rows, key), column(rows, f"{key}_err")
            band(axes, epsilon, value, value - error, value + error, colour)
            text = f"$-$d{name}/dln ε" if panel == "top" else f"{name}(ε)"
            ends[panel].append((value[-1], text, colour))
    top.axhline(0, color=MUTED, lw=0.8)
    top.set_ylim(*_resolved_range(rows))
    top.set_ylabel("information per ln ε")
    top.set_title("Where the quark–gluon information lies")
    bottom.set_ylabel("R(ε), B(ε)")
    bottom.set_ylim(bottom=min(0.0, bottom.get_ylim()[0]))
    epsilon_axis(bottom, rows)
    for axes, keys in ((top, ("minus_dR_dlneps", "minus_dB_dlneps")), (bottom, ("R", "B"))):
        for key, colour in zip(keys, (BLUE, VERMILION), strict=True):
            _chance(axes, result, key, colour)
    figure.align_ylabels()
    margin_labels(top, ends["top"])
    margin_labels(bottom, ends["bottom"])
    note = "; bands ±1 standard error"
    if _null(result):
        note += "\nshaded without a line: 95 % of permuted labels; diamonds: peaks that stand out"
    footer(figure, result, note)
    return figure


def _null(result: Mapping[str, Any]) -> Mapping[str, Any]:
    """The record of permuted labels, empty if the result has none."""
    record = result.get("sections", {}).get("null", {})
    return record if "rows" in record else {}


def _chance(axes: Axes, result: Mapping[str, Any], key: str, colour: str) -> None:
    """The band of permuted labels and the peaks of all jets, within the limits of the panel."""
    if not (null := _null(result)):
        return
    limits = axes.get_ylim()
    rows = null["rows"]
    low, high = column(rows, f"{key}_lo"), column(rows, f"{key}_hi")
    axes.fill_between(column(rows, "epsilon_gev"), low, high, color=colour, alpha=0.13, lw=0,
                      zorder=0)  # fmt: skip
    for peak in null["peaks"]["all jets"].get(key, []):
        axes.errorbar(
            peak["epsilon_gev"], peak["height"], peak["height_err"], peak["epsilon_err_gev"],
            fmt="D", ms=10, color=colour, mec="white", mew=1.2, capsize=4, lw=2, zorder=6,
        )  # fmt: skip
    axes.set_ylim(limits)


def _resolved_range(rows: Rows) -> tuple[float, float]:
    """Limits that show every slope measured well; far below the nearest neighbours none is."""
    low, high = 0.0, 0.0
    for name in ("R", "B"):
        slope = column(rows, f"minus_d{name}_dlneps")
        error = column(rows, f"minus_d{name}_dlneps_err")
        known = error <= 4 * np.nanmedian(error)
        low = min(low, np.min((slope - error)[known], initial=0.0))
        high = max(high, np.max((slope + error)[known], initial=0.0))
    margin = 0.08 * (high - low) or 1.0
    return low - margin, high + margin


def _auc_curve(axes: Axes, rows: Rows, colour: str, label: str) -> tuple[float, str, str]:
    """Draw AUC(ε) with its band; return what the margin says about it."""
    epsilon, value = column(rows, "epsilon_gev"), column(rows, "auc")
    band(axes, epsilon, value, column(rows, "auc_lo"), column(rows, "auc_hi"), colour)
    return value[-1], label, colour


def _level(
    axes: Axes, record: Mapping[str, Any], colour: str, label: str, dashed: bool = False
) -> tuple[float, str, str]:
    """Draw a score that knows no ε as a horizontal line; return what the margin says about it."""
    value = float("nan") if record["auc"] is None else record["auc"]
    axes.axhline(value, color=colour, lw=1.6, ls=(0, (6, 3)) if dashed else "-", zorder=1)
    if dashed and None not in (record["auc_lo"], record["auc_hi"]):
        axes.axhspan(record["auc_lo"], record["auc_hi"], color=colour, alpha=0.12, lw=0, zorder=0)
    return value, f"{label}  {value:.3f}", colour


def _reference_lines(axes: Axes, result: Mapping[str, Any]) -> list[tuple[float, str, str]]:
    """Draw the network and the observables; return their margin labels."""
    observables = result["observables"]
    shade = colours(list(observables))
    levels = [_level(axes, result["efn"], INK, "EFN", dashed=True)]
    for name, record in observables.items():
        levels.append(_level(axes, record, shade[name], pretty(name)))
        axes.lines[-1].set(linewidth=1.1)
    return levels


def _mark_best(axes: Axes, best: Mapping[str, Any]) -> None:
    """Put a star at the ε that the criterion prefers."""
    from matplotlib.patheffects import withStroke

    if None in (best["epsilon_gev"], best["auc"]):
        return
    point = (best["epsilon_gev"], best["auc"])
    axes.plot(*point, "*", ms=17, color=BLUE, mec="white", mew=1.0, zorder=6)
    label = axes.annotate(
        f"best {point[0]:.3g} GeV",
        point,
        xytext=(0, -15),
        textcoords="offset points",
        ha="center",
        va="top",
        fontsize=14,
        color=BLUE,
        zorder=7,
    )
    label.set_path_effects([withStroke(linewidth=4, foreground="white")])
