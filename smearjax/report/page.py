"""The report: one self-contained HTML page, a pure function of the result."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from smearjax.report.chapters import OF_SCALES, Chapter, chapters
from smearjax.report.figures import figures_of, render_figures
from smearjax.report.schema import check_result
from smearjax.report.style import colours, pretty
from smearjax.report.words import command, data_name, energy, flat, formula, number

_TABLES = (
    ("auc_vs_epsilon", "Smeared likelihood, Gaussian kernel"),
    ("hard_ball_auc_vs_epsilon", "Smeared likelihood, hard ball"),
    ("smeared_efn_auc_vs_epsilon", "Smeared network output, Gaussian kernel"),
    ("information_per_lnepsilon", "Information"),
)
_HEADS = {
    "epsilon_gev": "ε [GeV]",
    "auc": "AUC",
    "auc_lo": "from",
    "auc_hi": "to",
    "auc_err_test": "± test jets",
    "auc_err_reference": "± reference",
    "auc_bias": "bias",
    "auc_nonempty": "AUC, non-empty",
    "empty_fraction": "empty",
    "one_class_fraction": "one class",
    "R": "R",
    "R_err": "±",
    "minus_dR_dlneps": "−dR/dln ε",
    "minus_dR_dlneps_err": "±",
    "B": "B",
    "B_err": "±",
    "minus_dB_dlneps": "−dB/dln ε",
    "minus_dB_dlneps_err": "±",
}


def write_report(result: Mapping[str, Any], out: str | Path) -> Path:
    """Write report.html, result.json and the figures of a result.

    Everything follows from the result alone: the report of a `result.json` read back is the same,
    byte for byte. Source: smearjax's own layout.

    Args:
        result: What `smearjax.analysis.analyze` returns, or `load_result` of its file. Energies in
            GeV.
        out: Folder to write to; made if it is not there. Figures go into its `figures`.

    Returns:
        Path of the page.

    Raises:
        ValueError: A key is missing or of the wrong kind; the message names it.
        OSError: The folder cannot be written to.

    Examples:
        >>> write_report({"n_jets": {"quark": 10}}, "results")
        Traceback (most recent call last):
        ValueError: result.n_jets: key 'gluon' is missing
    """
    plain = check_result(result)
    figures = render_figures(plain)
    out = Path(out)
    (out / "figures").mkdir(parents=True, exist_ok=True)
    text = json.dumps(plain, indent=2, ensure_ascii=False, allow_nan=False)
    (out / "result.json").write_text(text + "\n", encoding="utf-8")
    for name, kinds in figures.items():
        for kind in ("png", "pdf"):
            (out / "figures" / f"{name}.{kind}").write_bytes(kinds[kind])
    page = out / "report.html"
    vectors = {name: kinds["svg"] for name, kinds in figures.items()}
    page.write_text(render_page(plain, vectors), encoding="utf-8")
    return page


def render_page(result: Mapping[str, Any], figures: Mapping[str, bytes]) -> str:
    """Set the page, with the figures inside it.

    Source: smearjax's own layout, the template `page.html.jinja`.

    Args:
        result: A checked result (see `smearjax.report.check_result`); energies in GeV.
        figures: SVG file of each figure by name.

    Returns:
        HTML that fetches nothing.

    Raises:
        ValueError: A figure is missing.

    Examples:
        >>> render_page({}, {})
        Traceback (most recent call last):
        ValueError: figures lacks 'auc_vs_epsilon'
    """
    from jinja2 import Environment, StrictUndefined

    for name in figures_of(result):
        if name not in figures:
            raise ValueError(f"figures lacks {name!r}")
    written = chapters(result)
    split: tuple[dict[str, Chapter], ...] = ({}, {})
    for name, chapter in written.items():
        split[name not in OF_SCALES][name] = chapter
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"number": number, "energy": energy, "formula": formula}
    template = resources.files("smearjax.report").joinpath("page.html.jinja")
    return environment.from_string(template.read_text(encoding="utf-8")).render(
        result=result,
        images={name: base64.b64encode(svg).decode() for name, svg in figures.items()},
        data=data_name(result["settings"]),
        methods=_methods(result),
        tables=[(title, _HEADS, result[key]) for key, title in _TABLES],
        of_scales=split[0],
        of_methods=split[1],
        has_band="rows" in result.get("sections", {}).get("null", {}),
        ado_names=[(name, pretty(name)) for name in result["ado"]],
        settings=[
            (name, " ".join(value) if isinstance(value, list) else value)
            for name, value in flat(result["settings"])
        ],
        command=command(result["settings"]),
    )


def _methods(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Rows of the comparison, best first, with the place of each interval on a common scale."""
    best = result["best"]
    note = f"Gaussian kernel, ε = {energy(best['epsilon_gev'])} GeV"
    records = [
        ("smeared likelihood", note, best),
        ("EFN", f"{number(result['efn']['parameters'], 0)} parameters", result["efn"]),
        *((pretty(name), "", record) for name, record in result["observables"].items()),
        *((pretty(name), "", record) for name, record in result.get("learned", {}).items()),
    ]
    records.sort(key=lambda row: -(row[2]["auc"] or 0.0))
    ends = [r[key] for *_, r in records for key in ("auc_lo", "auc_hi") if r[key] is not None]
    low, high = min(ends, default=0.0), max(ends, default=1.0)
    shade = colours([name for name, *_ in records])

    def place(value: float | None) -> float | None:
        return None if value is None else 2 + 96 * (value - low) / ((high - low) or 1.0)

    return [
        {
            **record,
            "name": name,
            "note": note,
            "colour": shade[name],
            "at": [place(record[key]) for key in ("auc", "auc_lo", "auc_hi")],
        }
        for name, note, record in records
    ]
