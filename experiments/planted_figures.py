"""The figures of planted.py: found against planted, and the curves of single cases."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from smearjax.report.style import BLUE, GREEN, MUTED, OCHRE, VERMILION, hep_style

W_MASS = 80.4  # GeV


def nearest_peak(peaks: list[dict[str, float]], epsilon: float) -> dict[str, float] | None:
    """The peak nearest to where one is expected."""
    return min(peaks, key=lambda p: abs(np.log(p["epsilon"] / epsilon)), default=None)


def draw(found: dict[str, dict[str, Any]], out: Path) -> None:
    """Found against planted, and the curves of single cases."""
    colours = {"R": BLUE, "B": VERMILION, "AUC": GREEN, "CE": OCHRE}
    marks = {"R": "o", "B": "s", "AUC": "^", "CE": "v"}
    with hep_style():
        import matplotlib.pyplot as plt

        for prefix in ("few", "cores"):
            cases = [case for name, case in found.items() if name.startswith(prefix)]
            if not cases:
                continue
            figure, axes = plt.subplots(figsize=(7.4, 6.4))
            line = np.array([2.0, 100.0])
            axes.fill_between(line, 0.8 * line, 1.2 * line, color=MUTED, alpha=0.25, lw=0)
            axes.plot(line, line, color=MUTED, lw=1.2)
            for shift, curve in enumerate(("AUC", "CE", "R", "B")):
                points = []
                for case in cases:
                    unit = np.sqrt(2) / case["kappa"].get(curve, case["kappa"]["B"])
                    peak = nearest_peak(case["peaks"][curve], case["planted"][0] / unit)
                    if peak:
                        error = unit * peak.get("epsilon_err", 0.0)
                        points.append((case["planted"][0], unit * peak["epsilon"], error))
                x, y, error = np.array(points).T
                label = {"AUC": "$-$dAUC/dln ε", "CE": "dCE/dln ε"}.get(curve, f"$-$d{curve}/dln ε")
                axes.errorbar(
                    x * 1.02 ** (shift - 1.5), y, error, fmt=marks[curve], color=colours[curve],
                    ms=7, mfc="none" if shift < 2 else colours[curve], label=label, lw=1.2,
                )  # fmt: skip
            axes.set(xscale="log", yscale="log", xlim=(2, 100), ylim=(1, 1000))
            axes.set_xlabel("planted: median $d$ of the plant, ε$_0$ [GeV]")
            axes.set_ylabel("found: √2 ε$_\\mathrm{peak}$/κ [GeV]")
            axes.set_title("Toy jets" if prefix == "few" else "Plants in real jets")
            axes.legend(loc="upper left", ncols=2)
            figure.savefig(out / f"found_{prefix}.png")
            plt.close(figure)
        for name in ("two", "none", "w"):
            if name in found:
                case = found[name]
                figure = null_figure(case) if name == "none" else curve_figure(case, name)
                figure.savefig(out / f"curves_{name}.png")


def curve_figure(case: dict[str, Any], name: str) -> Any:
    """−dR/dln ε and −dB/dln ε of one case, with what was planted."""
    import matplotlib.pyplot as plt

    title = "Two plants, two peaks" if name == "two" else "W $\\to q\\bar{q}'$ against quark jets"
    figure, axes = plt.subplots(figsize=(8.0, 5.6))
    epsilon = np.array(case["epsilon"])
    for curve, colour in (("R", BLUE), ("B", VERMILION)):
        value, error = (np.array(case["curves"][f"minus_d{curve}{part}"]) for part in ("", "_err"))
        keep = error < 0.1
        axes.plot(epsilon[keep], value[keep], color=colour, label=f"$-$d{curve}/dln ε")
        axes.fill_between(
            epsilon[keep], (value - error)[keep], (value + error)[keep], color=colour, alpha=0.25
        )
    for k, scale in enumerate(case["planted"]):
        where = case["kappa"]["B"] * scale / np.sqrt(2)
        axes.axvline(where, color=MUTED, ls="--", label=None if k else "κ ε$_0$/√2")
    if name == "w":
        axes.axvline(W_MASS, color=MUTED, ls=":", label="$m_W$")
    axes.axhline(0, color=MUTED, lw=0.8)
    axes.set(xscale="log", xlim=(epsilon[0], epsilon[-1]))
    axes.set_xlabel("resolution ε [GeV]")
    axes.set_ylabel("information per ln ε")
    axes.set_title(title)
    axes.legend()
    return figure


def null_figure(case: dict[str, Any]) -> Any:
    """Both curves in units of half the width of the band that holds 95 % of permuted labels."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(8.0, 5.6))
    epsilon = np.array(case["epsilon"])
    axes.axhspan(-1, 1, color=MUTED, alpha=0.25, lw=0, label="95 % of permuted labels")
    for curve, colour in (("R", BLUE), ("B", VERMILION)):
        low, high = np.array(case["null_bands"][f"minus_d{curve}"])
        value = np.array(case["curves"][f"minus_d{curve}"])
        label = f"$-$d{curve}/dln ε, $p$ = {case['p_values'][curve]:.2f}"
        axes.plot(epsilon, (2 * value - low - high) / (high - low), color=colour, label=label)
    axes.axhline(0, color=MUTED, lw=0.8)
    axes.set(xscale="log", xlim=(epsilon[0], epsilon[-1]), ylim=(-3, 4))
    axes.set_xlabel("resolution ε [GeV]")
    axes.set_ylabel("curve / half-width of the null band")
    axes.set_title("A plant that both classes carry alike")
    axes.legend(loc="upper right")
    return figure
