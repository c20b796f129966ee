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


def plus_minus(value: float | None, error: float | None, digits: int = 3) -> str:
    """Write a number with its standard error.

    Args:
        value: The number; None stands for one that is not finite.
        error: Its standard error, or None.
        digits: Decimals of both.

    Examples:
        >>> plus_minus(0.4711, 0.0119), plus_minus(-0.5, None, 1), plus_minus(None, None)
        ('0.471 ± 0.012', '−0.5', '–')
    """
    known = value is not None and error is not None
    return number(value, digits) + (f" ± {number(error, digits)}" if known else "")


def interval(record: Mapping[str, Any], name: str, digits: int = 3) -> str:
    """Write a quantity of a record with its 68 % interval.

    Args:
        record: It holds name, name_lo and name_hi.
        name: The quantity.
        digits: Decimals.

    Raises:
        KeyError: The record lacks one of the three.

    Examples:
        >>> interval({"auc": 0.8184, "auc_lo": 0.8061, "auc_hi": 0.8315}, "auc")
        '0.818 (+0.013 −0.012)'
    """
    value, low, high = (record[f"{name}{end}"] for end in ("", "_lo", "_hi"))
    if None in (value, low, high):
        return number(value, digits)
    return (
        f"{number(value, digits)} (+{number(high - value, digits)} −{number(value - low, digits)})"
    )


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
            words = value if isinstance(value, list | tuple) else [value]
            lines.append(f"--{flag} " + " ".join(shlex.quote(str(word)) for word in words))
    return " \\\n  ".join(lines)
