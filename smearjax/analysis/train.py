"""Training a network from the command line: jets in, a network file and its learning curve out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import jax
import numpy as np

from smearjax._expect import expect_whole
from smearjax.analysis.performance import by_class, parameters, performance
from smearjax.analysis.seen import note_seen
from smearjax.jets import Jets, concatenate, load_jets, split_rows
from smearjax.networks import (
    EFN,
    MLC,
    PFN,
    PUBLISHED,
    SQR,
    Adversary,
    CrossEntropy,
    Ensemble,
    JetNetwork,
    LipschitzEFN,
    MomentEFN,
    Splits,
    SquaredError,
    TrainedNetwork,
    TrainingConfig,
    network_scores,
    save_network,
    train_network,
)

Kind = Literal["efn", "pfn", "pfn-id", "moment-efn", "lipschitz-efn"]
LOSSES = {
    "cross-entropy": CrossEntropy(),
    "squared-error": SquaredError(),
    "mlc": MLC(),
    "sqr": SQR(),
}


@dataclass(frozen=True)
class TrainConfig:
    """Settings of `train` and options of `smearjax train`; lengths in radians, energies in GeV.

    Source: smearjax's own choices; the layers are those of arXiv:1810.05165.

    Raises:
        ValueError: settings that make no sense; the message names them.

    >>> TrainConfig(network="pfn", members=3).fractions
    (0.5, 0.1, 0.4)
    """

    data: tuple[str, ...] = ("sample",)
    """Files of labelled jets, or names such as sample."""
    network: Kind = "efn"
    """Kind of network; pfn-id sees which particle is what."""
    out: Path = Path("results/network")
    """Folder for the network, its learning curve, and what an interrupted training goes on from."""
    seed: int = 0
    """Seed of the split, the first weights and the shuffles."""
    members: int = 1
    """Networks to train, with seeds from `seed` on; the mean of their outputs is kept."""
    epochs: int = 40
    """Passes over the training jets."""
    batch_size: int = 50
    """Jets a step, at most."""
    learning_rate: float = 2e-3
    """Adam's learning rate at the start."""
    schedule: Literal["cosine", "constant"] = "cosine"
    """The learning rate falls to 0 along half a cosine, or stays."""
    patience: int = 20
    """Epochs without a better validation loss after which training stops."""
    clip_norm: float | None = None
    """Gradients longer than this are cut to it."""
    weight_decay: float = 0.0
    """Share of each weight taken off it per step and learning rate."""
    loss: Literal["cross-entropy", "squared-error", "mlc", "sqr"] = "cross-entropy"
    """What is minimised."""
    augment: Literal["none", "splits", "adversary"] = "none"
    """How training jets are changed, anew each time: particles split at random, or moved to where
    the network's loss is larger (training then takes four times as long)."""
    augment_budget: float = 1.0
    """Transport cost in GeV that this may move a jet by; with 0 splits are exactly collinear."""
    published: bool = False
    """The settings of arXiv:1810.05165 (but for the epochs) instead of those above."""
    order: int = 2
    """Highest order of the moments of a moment-efn."""
    latent: int = 16
    """Functions that a moment-efn learns."""
    emd_scale: float = 1.0
    """EMD in GeV that may move the output of a lipschitz-efn by 1."""
    validation_fraction: float = 0.1
    """Fraction of the jets that decide when training stops."""
    test_fraction: float = 0.4
    """Fraction of the jets held out; the same seed holds out the same ones in analyze."""

    def __post_init__(self):
        expect_whole("members", self.members, least=1)
        expect_whole("latent", self.latent, least=1)
        if isinstance(self.data, str) or not self.data:
            raise ValueError(f"data are {self.data!r}; expected a tuple of files or names")
        if min(self.fractions) <= 0:
            raise ValueError(
                "validation_fraction and test_fraction must be positive and leave jets to train "
                f"on; got {self.validation_fraction} and {self.test_fraction}"
            )
        for name, known in (("augment", ("none", "splits", "adversary")), ("loss", LOSSES)):
            if getattr(self, name) not in known:
                raise ValueError(
                    f"{name} must be one of {', '.join(known)}; got {getattr(self, name)!r}"
                )
        self.training(progress=False, pt_ref=1.0)

    @property
    def fractions(self) -> tuple[float, float, float]:
        """Of training, validation and test jets, dimensionless."""
        rest = 1.0 - self.validation_fraction - self.test_fraction
        return rest, self.validation_fraction, self.test_fraction

    def training(self, progress: bool, pt_ref: float) -> TrainingConfig:
        """The settings of `train_network`.

        Args:
            progress: show a bar.
            pt_ref: energy by which transport costs are multiplied, GeV.

        Errors as for `TrainingConfig`. Source: the class.

        >>> TrainConfig(published=True).training(progress=False, pt_ref=525.0).batch_size
        500
        """
        kinds = {"splits": Splits, "adversary": Adversary}
        kind = kinds.get(self.augment)
        augmentation = kind and kind(pt_ref, budget=self.augment_budget)
        own = ("batch_size", "learning_rate", "schedule", "patience", "clip_norm", "weight_decay")
        chosen = {name: getattr(self, name) for name in own}
        if self.published:
            chosen = {name: getattr(PUBLISHED, name) for name in (*own, "rotate")}
        return TrainingConfig(
            epochs=self.epochs, loss=LOSSES[self.loss], augmentation=augmentation,
            progress=progress, **chosen,
        )  # fmt: skip

    def untrained(self, seed: int) -> JetNetwork:
        """A network to begin with; its length scale is in radians.

        Args:
            seed: of its weights.

        Errors as for `EFN` and the other networks. Source: the class.

        >>> TrainConfig(network="moment-efn").untrained(0).effective_latent_size
        153
        """
        asked: dict[str, Any] = {"key": jax.random.key(seed)}
        if self.published:
            asked["length_scale"] = 1.0
        match self.network:
            case "efn":
                return EFN(**asked)
            case "moment-efn":
                return MomentEFN((100, 100, self.latent), order=self.order, **asked)
            case "lipschitz-efn":
                return LipschitzEFN(emd_scale=self.emd_scale, **asked)
            case _:
                return PFN(particle_id=self.network == "pfn-id", **asked)


def train(config: TrainConfig | None = None, progress: bool = False) -> dict[str, Any]:
    """Train networks on some of the jets, rank the others with their mean, keep all of it.

    The folder gets network.eqx (`load_network`), network.seen.npy (which jets it has seen, so that
    nobody is tested on them unawares), training.json and training.png. Interrupted and called
    again with the same settings, it goes on after the last epoch that was done.

    Args:
        config: settings, `TrainConfig()` if None.
        progress: show bars.

    Returns:
        What training.json holds: numbers of jets, losses of each epoch in nats or the units of
        the loss, AUC and 1/ε_g of the test jets with 68 % intervals, settings.

    Raises:
        JetsError: labels missing, one class only, or no pid for pfn-id.
        ValueError: a folder of another training.
        FloatingPointError: if the loss stops being finite.

    Source: smearjax's own; the networks' classes name theirs.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     record = train(TrainConfig(out=Path(folder), epochs=1))
    >>> record["n_jets"]["train"], len(record["members"])
    ({'quark': 1000, 'gluon': 1000}, 1)
    """
    config = config or TrainConfig()
    jets = _all(config.data)
    rows = split_rows(jets, config.fractions, config.seed)
    learning, held, test = (jets[part] for part in rows)
    # The energy that stands for one jet, as for the smeared likelihood.
    pt_ref = float(np.mean(np.sum(learning.pt, axis=1)))
    settings, out = config.training(progress, pt_ref), Path(config.out)
    trained = [
        train_network(
            config.untrained(seed), learning, held, settings, seed=seed,
            folder=out / "training" / str(seed),
        )
        for seed in range(config.seed, config.seed + config.members)
    ]  # fmt: skip
    network = trained[0].network if len(trained) == 1 else Ensemble([t.network for t in trained])
    save_network(out / "network.eqx", network)
    note_seen(out / "network.eqx", concatenate([learning, held]))
    score = network_scores(network, test)
    record = {
        "n_jets": dict(zip(("train", "validation", "test"), map(by_class, (learning, held, test)),
                           strict=True)),
        "parameters": parameters(network),
        **performance(score, test, config.seed),
        "members": [_history(one) for one in trained],
        "settings": vars(config) | {"data": list(config.data), "out": str(config.out)},
    }  # fmt: skip
    (out / "training.json").write_text(json.dumps(record, indent=1))
    return record


def _all(data: tuple[str, ...]) -> Jets:
    """The jets of all files."""
    return concatenate([load_jets(name) for name in data])


def _history(trained: TrainedNetwork) -> dict[str, Any]:
    """Losses and time of one network."""
    return {
        "train_loss": np.asarray(trained.train_loss).tolist(),
        "validation_loss": np.asarray(trained.validation_loss).tolist(),
        "best_epoch": trained.best_epoch,
        "seconds": trained.seconds,
    }
