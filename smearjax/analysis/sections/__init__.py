"""Further sections of a report: each a function from what the analysis made to a plain record."""

from __future__ import annotations

from collections.abc import Callable

from smearjax.analysis.sections.components import components
from smearjax.analysis.sections.distances import distances
from smearjax.analysis.sections.explanations import explanations
from smearjax.analysis.sections.extrapolation import extrapolation
from smearjax.analysis.sections.ground import Ground, Section
from smearjax.analysis.sections.guiding import guiding
from smearjax.analysis.sections.metric import metric
from smearjax.analysis.sections.mixture import mixture
from smearjax.analysis.sections.networks import networks
from smearjax.analysis.sections.null import null
from smearjax.analysis.sections.ratios import ratios
from smearjax.analysis.sections.robustness import robustness
from smearjax.analysis.sections.single_jets import single_jets
from smearjax.analysis.sections.variation import variation

SECTIONS: dict[str, Callable[[Ground], Section]] = {
    "null": null,
    "extrapolation": extrapolation,
    "distances": distances,
    "ratios": ratios,
    "mixture": mixture,
    "metric": metric,
    "networks": networks,
    "guiding": guiding,
    "explanations": explanations,
    "robustness": robustness,
    "jets": single_jets,
    "components": components,
    "variation": variation,
}


def section(name: str, ground: Ground) -> Section:
    """One section; where its jets do not suffice, or memory, a record that says why it is absent.

    What a section needs is known to the functions it calls, and minutes of work of the others must
    not be lost to it.
    """
    try:
        return SECTIONS[name](ground)
    except (ValueError, MemoryError) as error:
        return Section({"absent": " ".join(str(error).split())})
