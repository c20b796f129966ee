"""Which observables the networks use: each guided through a library of them."""

from __future__ import annotations

from dataclasses import asdict

from smearjax.analysis.findings import Record
from smearjax.analysis.sections.ground import Ground, Section
from smearjax.interpret import Guidance, guide
from smearjax.networks import network_scores
from smearjax.observables import efp_library, multigraphs, named_library

_DEGREE, _KAPPAS, _BETAS = 4, (1.0, 2.0), (0.5, 1.0, 2.0)


def guiding(ground: Ground) -> Section:
    """The analysis' own Energy Flow Network and those of files, on the test jets."""
    test, progress = ground.test, ground.progress
    polynomials = efp_library(test, multigraphs(_DEGREE), _KAPPAS, _BETAS, progress=progress)
    library = named_library(test) | polynomials
    found = [
        {"name": name}
        | guidance_record(
            guide(
                network_scores(network, test), library, test.label, test.weight,
                seed=ground.config.seed, progress=progress,
            )
        )
        for name, network in ground.networks.items()
    ]  # fmt: skip
    exponents = {"degree": _DEGREE, "kappas": list(_KAPPAS), "betas": list(_BETAS)}
    return Section(exponents | {"networks": found})


def guidance_record(guidance: Guidance) -> Record:
    """What guiding found as plain numbers, lists and texts."""
    nothing = dict.fromkeys(("value", "lo", "hi"))
    record = asdict(guidance)
    return record | {name: record[name] or nothing for name in ("auc", "ado")}
