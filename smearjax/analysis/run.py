"""The pipeline itself, one stage a line."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jax
import numpy as np
from jaxtyping import Int

from smearjax.analysis.config import AnalyzeConfig
from smearjax.analysis.findings import Findings, Record
from smearjax.analysis.result import result_dictionary
from smearjax.analysis.sections import section
from smearjax.analysis.sections.ground import Ground
from smearjax.analysis.seen import expect_unseen
from smearjax.jets import Jets, load_jets, split_rows
from smearjax.networks import (
    EFN,
    TrainingConfig,
    load_network,
    network_scores,
    train_network,
)
from smearjax.observables import OBSERVABLES
from smearjax.smearing.curves import epsilon_curve
from smearjax.smearing.information import information
from smearjax.smearing.kernels import HardBall
from smearjax.smearing.likelihood import SmearedLikelihood
from smearjax.smearing.scales import auc_optimum, find_scales


def analyze(config: AnalyzeConfig | None = None, progress: bool = False) -> dict[str, Any]:
    r"""Which energy scales tell quark from gluon jets, and how a trained network compares.

    1. R(ε), B(ε) and their slopes from all pairs of jets (`information`), and on both halves.
    2. The smeared likelihood of the training and validation jets, its best ε by leave-one-out
       cross-entropy (`find_scales`), and AUC(ε) on the test jets (`epsilon_curve`).
    3. An Energy Flow Network trained on the training jets (`train_network`), and its output smeared
       over the test jets, each left out, so that neither labels nor training jets enter.
    4. AUC, 1/ε_g at ε_q = 50 % and decision ordering (`ado`) of every score on the test jets.
    5. The further sections that `AnalyzeConfig.sections` and `variation` ask for, one record each;
       one whose jets do not suffice says so in its place and stops nothing else.

    Intervals are 68 %, from resampled jets. Sources: arXiv:2501.07643 (smearing), 2305.03751
    (metric), 1810.05165 (network), 2010.11998 (decision ordering).

    Args:
        config: settings; the defaults analyse the 4,000 embedded jets.
        progress: show progress bars.

    Returns:
        A dictionary of plain numbers and texts, what result.json holds; energies in GeV.

    Raises:
        ValueError: no labels or too few jets of a class.
        FileNotFoundError: no such data.

    >>> from smearjax.analysis import AnalyzeConfig, analyze
    >>> analyze(AnalyzeConfig(data="nowhere.npz"))
    Traceback (most recent call last):
    FileNotFoundError: ...
    """
    config = config or AnalyzeConfig()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        findings = _find(config, progress)
    texts = list(dict.fromkeys(str(warning.message) for warning in caught))
    return result_dictionary(config, findings._replace(warnings=texts))


def _find(config: AnalyzeConfig, progress: bool) -> Findings:
    """Run all stages."""
    seconds: dict[str, float] = {}
    with _timed(seconds, "load"):
        jets = _labelled(config.data)
        varied = _labelled(config.variation) if config.variation else None
        parts = _parts(jets, config)
        test = jets[parts["test"]]
        others = {Path(path).stem: load_network(path) for path in config.networks}
        for path in config.networks:
            expect_unseen(Path(path), test)
    with _timed(seconds, "metric"):
        full = SmearedLikelihood(
            jets, pt_ref=config.pt_ref, beta=config.beta, omega=config.omega, cells=config.cells
        )
        reference = full.restrict(np.concatenate([parts["train"], parts["validation"]]))
        query = reference.queries(full.leave_one_out.points[parts["test"]])
    errors = {"replicas": config.curve_replicas, "seed": config.seed, "progress": progress}
    with _timed(seconds, "information"):
        every = information(full, config.grid, **errors)
        first, second = (
            information(full.restrict(rows), config.grid, **errors)
            for rows in split_rows(jets, (0.5, 0.5), config.seed)
        )
    with _timed(seconds, "best epsilon"):
        best = find_scales(reference)
        optimum = auc_optimum(reference, config.grid)
    with _timed(seconds, "network"):
        training = TrainingConfig(epochs=config.training_epochs, progress=progress)
        train, validation = jets[parts["train"]], jets[parts["validation"]]
        start = EFN(key=jax.random.key(config.seed))
        network = train_network(start, train, validation, training, seed=config.seed)
        efn_scores = network_scores(network.network, jets)
    with _timed(seconds, "curves"):
        own = {"labels": test.label, "weight": test.weight, **errors}
        soft = epsilon_curve(reference, query, config.grid, **own)
        hard = epsilon_curve(reference.with_kernel(HardBall()), query, config.grid, **own)
        held_out = full.restrict(parts["test"])
        efn_values = efn_scores[parts["test"]]
        smeared_efn = epsilon_curve(held_out, None, config.grid, values=efn_values, **errors)
    scores = {
        "smeared likelihood": np.asarray(reference.score(query, best.epsilon))[0],
        "EFN": efn_values,
        # Gluon jets are the larger ones in every observable of the table.
        **{name: -observable(test) for name, observable in OBSERVABLES.items()},
    }
    ground = Ground(
        config, jets, parts, varied, full, reference, query, every, (first, second), best,
        efn_scores, {"EFN": network.network, **others}, progress,
    )  # fmt: skip
    sections: dict[str, Record] = {}
    for name in config.chosen_sections:
        with _timed(seconds, f"section {name}"):
            sections[name], more = section(name, ground)
        scores |= more
    nearest = np.sqrt(np.asarray(full.leave_one_out.nearest).min(axis=1))
    return Findings(
        jets, parts, full.convention, nearest, every, (first, second), best, optimum,
        soft, hard, smeared_efn, network, efn_scores, scores, sections, seconds, [],
    )  # fmt: skip


def _labelled(data: str) -> Jets:
    """Jets of both classes."""
    jets = load_jets(data)
    if jets.label is None:
        raise ValueError(f"{data} has no labels; an analysis needs quark and gluon jets")
    return jets


def _parts(jets: Jets, config: AnalyzeConfig) -> dict[str, Int[np.ndarray, " k"]]:
    """Row numbers of the training, validation and test jets."""
    fractions = (config.train_fraction, config.validation_fraction, config.test_fraction)
    names = ("train", "validation", "test")
    return dict(zip(names, split_rows(jets, fractions, config.seed), strict=True))


@contextmanager
def _timed(seconds: dict[str, float], stage: str) -> Iterator[None]:
    """Note the wall time of a stage."""
    begin = time.perf_counter()
    yield
    seconds[stage] = time.perf_counter() - begin
