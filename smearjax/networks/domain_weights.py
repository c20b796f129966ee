"""Jets of one kind weighted so that they stand for jets of another."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from smearjax._expect import expect
from smearjax.evaluate import Interval, auc, bootstrap_interval
from smearjax.jets.container import Jets
from smearjax.jets.splitting import concatenate, split_rows
from smearjax.networks.inference import network_scores
from smearjax.networks.jet_network import JetNetwork
from smearjax.networks.training import train_network
from smearjax.networks.training_config import TrainingConfig

# Share of the jets to learn from that decides when the training stops.
_HELD = 0.2


@dataclass(frozen=True)
class DomainWeights:
    """Weights that make jets of a source look like jets of a target.

    Source: smearjax's own definition; see `domain_weights`.

    Attributes:
        weight: (N,) of the source jets, with mean 1, dimensionless.
        auc: how well the two kinds are told apart: ½ if they are alike.
        effective_share: (Σw)² / (N Σw²), the share of the source jets that is left in effect.
    """

    weight: Float[np.ndarray, " N"]
    auc: Interval
    effective_share: float


def domain_weights(
    network: JetNetwork,
    source: Jets,
    target: Jets,
    config: TrainingConfig | None = None,
    *,
    seed: int = 0,
    folder: str | os.PathLike[str] | None = None,
) -> DomainWeights:
    r"""Weights w(x) ∝ p_target(x)/p_source(x) by which source jets stand for target jets.

    A network learns to tell target jets from source jets, and its loss says what ln p/q its output
    stands for. Each half of the jets is weighted by a network that learned from the other half, so
    no jet is weighted by one that knows it. Labels of the target are not used: a classifier trained
    on the source with these weights is right for the target if jets alike have labels alike in
    both, that is if p(quark|x) is the same. Source: the ratio of `train_network`; smearjax's own
    definition.

    Args:
        network: where each of the two trainings starts, such as ``EFN(key=...)``.
        source: N jets, in GeV and radians.
        target: M other jets.
        config: settings of the trainings, `TrainingConfig()` if None.
        seed: of the halves, of the shuffles and of the bootstrap.
        folder: for trainings that go on after an interruption, as in `train_network`.

    Returns:
        `DomainWeights`; event weights of either sample count in the training, and are not part of
        the weights.

    Raises:
        ValueError: arguments of the wrong kind, fewer than 20 jets of either sample.
        JetsError: no pid, and the network needs it.
        FloatingPointError: if the loss stops being finite.

    >>> import jax
    >>> from smearjax.jets import load_jets
    >>> from smearjax.networks import EFN
    >>> jets, config = load_jets("sample"), TrainingConfig(epochs=1, progress=False)
    >>> network = EFN((4,), (4,), key=jax.random.key(0))
    >>> found = domain_weights(network, jets[:100], jets[100:200], config)
    >>> found.weight.shape, round(float(found.weight.mean()), 3)
    ((100,), 1.0)
    """
    expect("network", network, JetNetwork, "a network such as EFN(key=jax.random.key(0))")
    for name, jets in (("source", source), ("target", target)):
        expect(name, jets, Jets, "Jets, from load_jets(...) or Jets(pt, y, phi)")
        if len(jets) < 20:
            raise ValueError(f"{name} has {len(jets)} jets; weights need at least 20")
    config = config or TrainingConfig()
    both = concatenate([_marked(source, 0), _marked(target, 1)])
    halves = split_rows(both, (0.5, 0.5), seed)
    scores = np.zeros(len(both))
    for number, rows in enumerate(halves):
        others = both[halves[1 - number]]
        learning, held = (others[part] for part in split_rows(others, (1 - _HELD, _HELD), seed))
        trained = train_network(
            network, learning, held, config, seed=seed,
            folder=None if folder is None else Path(folder) / str(number),
        )  # fmt: skip
        scores[rows] = config.loss.log_ratio(network_scores(trained.network, both[rows]))
    ratio = np.exp(scores[: len(source)] - scores[: len(source)].max())
    weight = ratio / ratio.mean()
    apart = bootstrap_interval(auc, scores, np.asarray(both.label), weight=both.weight, seed=seed)
    return DomainWeights(weight, apart, float(1 / np.mean(weight**2)))


def _marked(jets: Jets, label: int) -> Jets:
    """The jets with another label."""
    return jets.replace(label=np.full(len(jets), label))
