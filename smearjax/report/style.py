"""The look of smearjax's figures: high-energy physics habits, made for the back row of a talk."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

SANS = ("TeX Gyre Heros", "Helvetica", "Nimbus Sans", "Arial", "Liberation Sans")
INK, MUTED = "#1a1a1a", "#5c6670"
# Okabe and Ito's palette: told apart under every common colour blindness.
BLUE, VERMILION, GREEN, PINK, OCHRE, SKY = (
    "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#A67C00", "#56B4E9",
)  # fmt: skip
PURPLE = "#6A3D9A"
NAMED = {
    "smeared likelihood": BLUE,
    "EFN": INK,
    "multiplicity": GREEN,
    "mass": PINK,
    "girth": OCHRE,
    "mixture of scales": SKY,
    "learned metric": PURPLE,
}
SPARE = (VERMILION, "#7F7F7F", "#8C564B")
SYNONYMS = {
    "efn": "EFN",
    "pfn": "PFN",
    "smeared": "smeared likelihood",
    "best": "smeared likelihood",
    "jet mass": "mass",
}


def pretty(name: str) -> str:
    """Say a score's name as a physicist would write it on a slide.

    Args:
        name: A key of `roc`, `ado` or `observables` in a result.

    Returns:
        The name with spaces for underscores and acronyms in capitals.

    Examples:
        >>> pretty("smeared_likelihood"), pretty("efn"), pretty("mass")
        ('smeared likelihood', 'EFN', 'mass')
    """
    plain = name.replace("_", " ")
    return SYNONYMS.get(plain.lower(), plain)


def colours(names: Sequence[str]) -> dict[str, str]:
    """Give each score its colour, the same in every figure.

    Args:
        names: Keys of `roc`, `ado` or `observables` in a result.

    Returns:
        Hexadecimal colours by name; names that smearjax does not know share a spare set in turn.

    Examples:
        >>> colours(["efn", "tau21"])
        {'efn': '#1a1a1a', 'tau21': '#D55E00'}
    """
    spare = [name for name in names if pretty(name) not in NAMED]
    turn = {name: SPARE[i % len(SPARE)] for i, name in enumerate(spare)}
    return {name: NAMED.get(pretty(name)) or turn[name] for name in names}


@contextmanager
def hep_style() -> Iterator[None]:
    """Draw and save in the house style inside this context, and leave matplotlib as it was.

    The same result gives the same bytes: no date goes into a file and SVG identifiers are salted
    with a constant.

    Examples:
        >>> import matplotlib
        >>> with hep_style():
        ...     print(matplotlib.rcParams["xtick.direction"], matplotlib.rcParams["xtick.top"])
        in True
    """
    import matplotlib
    from matplotlib.font_manager import fontManager

    installed = {font.name for font in fontManager.ttflist}
    family = [*[name for name in SANS if name in installed][:1], "DejaVu Sans"]
    ticks: dict[str, Any] = {}
    for axis, far in (("xtick", "top"), ("ytick", "right")):
        ticks |= {
            f"{axis}.direction": "in",
            f"{axis}.{far}": True,
            f"{axis}.minor.visible": True,
            f"{axis}.major.size": 7,
            f"{axis}.minor.size": 3.5,
            f"{axis}.major.width": 1.0,
            f"{axis}.minor.width": 0.8,
            f"{axis}.labelsize": 15,
            f"{axis}.color": INK,
            f"{axis}.major.pad": 7,
        }
    look: Any = {
        # Asking for the backend would choose one, and import pyplot.
        **{key: value for key, value in matplotlib.rcParamsDefault.items() if key != "backend"},
        "font.family": family,
        "font.size": 15,
        "mathtext.fontset": "custom",
        **dict.fromkeys(("mathtext.rm", "mathtext.cal", "mathtext.sf", "mathtext.tt"), family[0]),
        "mathtext.it": f"{family[0]}:italic",
        "mathtext.bf": f"{family[0]}:bold",
        "text.color": INK,
        "axes.edgecolor": INK,
        "axes.labelcolor": INK,
        "axes.labelsize": 17,
        "axes.titlesize": 17,
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "axes.titlepad": 10,
        "axes.linewidth": 1.0,
        "lines.linewidth": 2.4,
        "lines.markersize": 4.5,
        "legend.frameon": False,
        "legend.fontsize": 14,
        "legend.handlelength": 1.6,
        "figure.constrained_layout.use": True,
        "figure.facecolor": "white",
        "savefig.dpi": 200,
        "svg.hashsalt": "smearjax",
        "pdf.fonttype": 42,
        **ticks,
    }
    with matplotlib.rc_context(look):
        yield


def scale_ticks(low: float, high: float) -> list[float]:
    """Choose the numbers to print on a logarithmic energy axis.

    Args:
        low: Left end in GeV, positive.
        high: Right end in GeV.

    Returns:
        Values from low to high, of the series 1, 2, 5 or, where that leaves fewer than three,
        of a finer one.

    Examples:
        >>> scale_ticks(0.9, 60.0)
        [1, 2, 5, 10, 20, 50]
        >>> scale_ticks(3.0, 7.0)
        [3, 4, 5, 6, 7]
    """
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    halves, tenths = [n / 2 for n in range(2, 20)], [n / 10 for n in range(10, 100)]
    ticks: list[float] = []
    for series, enough in (((1, 2, 5), 3), (range(1, 10), 2), (halves, 2), (tenths, 2)):
        values = [float(f"{lead * 10.0**decade:.6g}") for decade in decades for lead in series]
        ticks = [int(v) if v == int(v) else v for v in values if low <= v <= high]
        if len(ticks) >= enough:
            break
    return ticks
