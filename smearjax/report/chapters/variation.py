"""At which scales jets made otherwise differ from the nominal ones."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from smearjax.report.axes import band, column, epsilon_axis, footer
from smearjax.report.canvas import bare_figure
from smearjax.report.chapters.chapter import Chapter, Picture, Record, Table
from smearjax.report.chapters.null import CURVE_NAMES
from smearjax.report.style import BLUE, MUTED, VERMILION
from smearjax.report.words import data_name, energy, plus_minus

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_CLASSES = {"quark": BLUE, "gluon": VERMILION}


def variation(record: Record, result: Record) -> Chapter:
    """One figure, p-values, numbers."""
    name = data_name({"data": result["settings"]["variation"]})
    n = record["permutations"]
    sizes = [
        f"{record[kind]['n_jets']['nominal']:,} nominal and {record[kind]['n_jets']['varied']:,} "
        f"varied {kind} jets"
        for kind in _CLASSES
    ]
    lead = (
        f"R and B tell any two sets of jets apart. Here they compare nominal jets with those of "
        f"{name}, class by class: {' and '.join(sizes)}, at the same reference pT. Where a "
        "curve leaves the band of permuted labels, scales from there upwards carry a difference; "
        "where it falls most steeply lie those that carry most of it.",
    )
    rows = tuple(
        (text, *(f"{record[kind]['p_value'][curve]:.3f}" for kind in _CLASSES))
        for curve, text in CURVE_NAMES.items()
    )
    heads = ("curve", *(f"p, {kind} jets" for kind in _CLASSES))
    numbers = tuple(
        (
            energy(quark["epsilon_gev"]),
            *(plus_minus(row[c], row[f"{c}_err"], 4) for row in (quark, gluon) for c in "RB"),
        )
        for quark, gluon in zip(record["quark"]["rows"], record["gluon"]["rows"], strict=True)
    )
    return Chapter(
        lead,
        (
            Picture(
                "variation",
                partial(variation_figure, record, result),
                "R and B between nominal and varied jets against the resolution in GeV, with bands "
                "of permuted labels",
                "Nominal against varied jets",
                f"Coloured: R and B between nominal and varied jets, ±1 standard error; 0 means "
                f"alike. Grey: where {100 * record['coverage']:g} % of {n} permutations of the "
                "labels nominal and varied lie.",
                wide=True,
            ),
        ),
        (
            Table(heads, rows),
            Table(
                ("ε [GeV]", *(f"{c}, {kind}" for kind in _CLASSES for c in "RB")),
                numbers,
                "R and B between nominal and varied jets",
            ),
        ),
    )


def variation_figure(record: Record, result: Record) -> Figure:
    """R above B, quark jets beside gluon jets."""
    figure = bare_figure(12.6, 8.0)
    panels: Any = figure.subplots(2, 2, sharex=True, sharey="row")
    for column_of_panels, (kind, colour) in zip(panels.T, _CLASSES.items(), strict=True):
        rows = record[kind]["rows"]
        epsilon = column(rows, "epsilon_gev")
        for axes, curve in zip(column_of_panels, "RB", strict=True):
            value, error = column(rows, curve), column(rows, f"{curve}_err")
            ends = (column(rows, f"{curve}{end}") for end in ("_lo", "_hi"))
            axes.fill_between(
                epsilon,
                *ends,
                color=MUTED,
                alpha=0.3,
                lw=0,
                label=f"permuted, {100 * record['coverage']:g} %",
            )
            axes.axhline(0, color=MUTED, lw=0.8)
            band(axes, epsilon, value, value - error, value + error, colour)
        epsilon_axis(column_of_panels[-1], rows)
        column_of_panels[0].set_title(f"{kind.capitalize()} jets, nominal against varied")
        column_of_panels[0].legend(loc="upper right")
    for axes, curve in zip(panels[:, 0], "RB", strict=True):
        axes.set_ylabel(f"{curve}(ε)")
    figure.align_ylabels()
    sizes = "; ".join(
        f"{record[kind]['n_jets']['nominal']:,} nominal and "
        f"{record[kind]['n_jets']['varied']:,} varied {kind} jets"
        for kind in _CLASSES
    )
    footer(figure, result, "; bands ±1 standard error", sizes)
    return figure
