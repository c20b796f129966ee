"""Whether chance would show as much: permuted labels, p-values, peaks."""

from __future__ import annotations

from smearjax.report.chapters.chapter import Chapter, Record, Table
from smearjax.report.words import energy, plus_minus

CURVE_NAMES = {
    "minus_dR_dlneps": "−dR/dln ε",
    "minus_dB_dlneps": "−dB/dln ε",
    "R": "R(ε)",
    "B": "B(ε)",
}


def null(record: Record, result: Record) -> Chapter:
    """p-values and peaks; the band itself is in the figure of the information."""
    n = record["permutations"]
    lead = (
        f"The same jets with their labels permuted {n} times: “Information per logarithm of scale” "
        f"shows, shaded without a line, where {100 * record['coverage']:g} % of them lie at each "
        "ε. p counts the permutations of which a curve stands out of the others anywhere as much "
        f"as the measured one, so that a look at all scales is paid for; it cannot be less than "
        f"1/{n + 1} = {1 / (n + 1):.3f}.",
        "A peak is a maximum that rises three standard errors above the saddles beside it. "
        + _claim(record),
    )
    p_values = tuple(
        (name, f"{record['p_value'][curve]:.3f}") for curve, name in CURVE_NAMES.items()
    )
    peaks = tuple(
        (
            f"{CURVE_NAMES[curve]}, {data}",
            plus_minus(peak["epsilon_gev"], peak["epsilon_err_gev"], 1),
            plus_minus(peak["height"], peak["height_err"]),
            f"{peak['significance']:.1f}",
        )
        for data, curves in record["peaks"].items()
        for curve, found in curves.items()
        for peak in found
    ) or (("no peak stands out", "–", "–", "–"),)
    return Chapter(
        lead,
        tables=(
            Table(("curve", "p, permuted labels"), p_values),
            Table(("peak", "ε [GeV]", "height", "above the saddle [standard errors]"), peaks),
        ),
    )


def _claim(record: Record) -> str:
    """What R, B and both halves agree on."""
    scales = [energy(scale[0]) for scale in record["agreed_gev"]]
    if not scales:
        return (
            "On no scale do R and B of all jets and of both halves have peaks that agree within "
            "20 %: none is claimed."
        )
    return (
        f"R and B of all jets and of both halves agree within 20 % on ε = {', '.join(scales)} GeV."
    )
