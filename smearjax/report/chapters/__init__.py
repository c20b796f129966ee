"""The further sections of the page, each drawn and told from its record in the result."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from smearjax.report.chapters.chapter import Chapter, Record
from smearjax.report.chapters.components import components
from smearjax.report.chapters.distances import distances
from smearjax.report.chapters.explanations import explanations
from smearjax.report.chapters.extrapolation import extrapolation
from smearjax.report.chapters.guiding import guiding
from smearjax.report.chapters.metric import metric
from smearjax.report.chapters.mixture import mixture
from smearjax.report.chapters.networks import networks
from smearjax.report.chapters.null import null
from smearjax.report.chapters.ratios import ratios
from smearjax.report.chapters.robustness import robustness
from smearjax.report.chapters.single_jets import single_jets
from smearjax.report.chapters.variation import variation

# In the order of the page, each with its headline.
CHAPTERS: dict[str, tuple[str, Callable[[Record, Record], Chapter]]] = {
    "null": ("Could it be chance?", null),
    "extrapolation": ("With infinitely many jets", extrapolation),
    "distances": ("How far jets lie apart", distances),
    "variation": ("Jets made otherwise", variation),
    "ratios": ("The likelihood ratio, jet by jet", ratios),
    "mixture": ("Several scales at once", mixture),
    "metric": ("A learned metric", metric),
    "networks": ("What the networks know", networks),
    "guiding": ("Which observables the networks use", guiding),
    "explanations": ("What the scores hang on", explanations),
    "robustness": ("How far jets must move before the networks decide otherwise", robustness),
    "jets": ("Two jets explained", single_jets),
    "components": ("How many numbers a jet is", components),
}
# What follows the scales, before the comparison of classifiers; the others follow that.
OF_SCALES = ("null", "extrapolation", "distances", "variation")


def chapters(result: Mapping[str, Any]) -> dict[str, Chapter]:
    """The chapters of a checked result by name, in the order of the page.

    Raises:
        KeyError: The result was not checked and a record lacks a key.

    Examples:
        >>> chapters({"sections": {"null": {"absent": "too few jets"}}})["null"].lead
        ('Absent: too few jets.',)
    """
    records = result.get("sections", {})
    found = {}
    for name, (title, write) in CHAPTERS.items():
        if name in records:
            why = records[name].get("absent")
            absent = Chapter((f"Absent: {str(why).rstrip('.')}.",))
            chapter = write(records[name], result) if why is None else absent
            found[name] = replace(chapter, title=title)
    return found
