"""How numbers, names and formulas are written on the page."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import Any

from markupsafe import Markup, escape

BLANK = "–"


def number(value: float | None, digits: int = 3) -> str:
    """Write a number with a fixed count of decimals and commas between thousands.

    Args:
        value: The number; None stands for one that is not finite.
        digits: Decimals.

    Returns:
        The number with a proper minus sign, or a dash for None.

    Examples:
        >>> number(0.81837), number(-0.0031, 4), number(2000, 0), number(None)
        ('0.818', '−0.0031', '2,000', '–')
    """
    return BLANK if value is None else f"{value:,.{digits}f}".replace("-", "−")


def energy(value: float | None) -> str:
    """Write an energy in GeV to three significant figures, without the unit.

    Args:
        value: Energy in GeV, or None.

    Returns:
        Plain decimal notation, or a dash for None.

    Examples:
        >>> energy(3.2683), energy(60.0), energy(1234.5)
        ('3.27', '60', '1234')
    """
    if value is None:
        return BLANK
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def formula(text: str) -> Markup:
    """Set a plain-text formula in HTML: _{…} and _x are subscripts, ^{…} and ^x superscripts.

    Args:
        text: A formula, such as the metric's in a result's `convention`.

    Returns:
        Escaped HTML.

    Examples:
        >>> formula("d = pT_ref · SEMD_{β,2}^{1/2}")
        Markup('d = pT<sub>ref</sub> · SEMD<sub>β,2</sub><sup>1/2</sup>')
    """
    marked = str(escape(text))
    for sign, tag in (("_", "sub"), (r"\^", "sup")):
        marked = re.sub(rf"{sign}(?:\{{([^{{}}]*)\}}|(\w+))", rf"<{tag}>\1\2</{tag}>", marked)
    return Markup(marked)


def flat(record: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Walk through nested settings as dotted names.

    Args:
        record: Settings; values may be dictionaries.
        prefix: What stands before each name.

    Yields:
        Name and value of every setting.

    Examples:
        >>> list(flat({"seed": 0, "kernel": {"tau": 0.5}}))
        [('seed', 0), ('kernel.tau', 0.5)]
    """
    for key, value in record.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def data_name(settings: Mapping[str, Any]) -> str:
    """Name the data without the folders they lie in.

    Args:
        settings: The `settings` of a result.

    Returns:
        The last part of `data`, cut to 40 characters.

    Examples:
        >>> data_name({"data": "runs/2/jets.npz"}), data_name({"data": "sample"})
        ('jets.npz', 'sample')
    """
    name = PurePath(str(settings["data"])).name
    return name if len(name) <= 40 else f"{name[:39]}…"


def command(settings: Mapping[str, Any]) -> str:
    r"""Write the command that makes this result again, with every option spelled out.

    Args:
        settings: The `settings` of a result.

    Returns:
        A shell command, one option a line, safe to paste.

    Examples:
        >>> print(command({"data": "my jets.npz", "seed": 3, "quick": False, "pt_ref": None}))
        smearjax analyze 'my jets.npz' --out results \
          --seed 3 \
          --no-quick \
          --pt-ref None
    """
    lines = [f"smearjax analyze {shlex.quote(str(settings['data']))} --out results"]
    for name, value in flat(settings):
        flag = name.replace("_", "-")
        if name in {"data", "out"}:
            continue
        if isinstance(value, bool):
            lines.append(f"--{flag}" if value else f"--no-{flag}")
        else:
            words = value if isinstance(value, list) else [value]
            lines.append(f"--{flag} " + " ".join(shlex.quote(str(word)) for word in words))
    return " \\\n  ".join(lines)
