"""Training a network."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float
from tqdm import tqdm

from smearjax._expect import expect
from smearjax.jets.container import Jets
from smearjax.jets.transforms import center
from smearjax.networks.checkpoint import Checkpoint, TrainingState
from smearjax.networks.epoch import Batches, learning_rates, optimiser, run_epoch
from smearjax.networks.inference import pack, packed_scores
from smearjax.networks.jet_network import JetNetwork
from smearjax.networks.labels import labels_and_weights
from smearjax.networks.losses import Loss
from smearjax.networks.packing import batch_width, epoch_order, flatten
from smearjax.networks.training_config import TrainingConfig


@dataclass(frozen=True)
class TrainedNetwork:
    """A trained network and how it got there.

    Attributes:
        network: the one of the epoch with the lowest validation loss.
        train_loss: (epochs,) loss of balanced classes, in the units of `loss`.
        validation_loss: (epochs,) likewise.
        best_epoch: number of that epoch, from 0.
        loss: what was minimised; `loss.log_ratio(network_scores(network, jets))` is the estimate
            of ln p(jet|quark) − ln p(jet|gluon).
        seconds: wall time, compilation included.

    >>> import jax
    >>> from smearjax.networks import EFN, CrossEntropy
    >>> network = EFN((4,), (4,), key=jax.random.key(0))
    >>> curve = np.array([0.6, 0.5])
    >>> TrainedNetwork(network, curve, curve, 1, CrossEntropy(), 2.0)
    EFN of epoch 2 of 2: validation loss 0.5000, 2.0 s
    """

    network: JetNetwork
    train_loss: Float[np.ndarray, " epochs"]
    validation_loss: Float[np.ndarray, " epochs"]
    best_epoch: int
    loss: Loss
    seconds: float = field(compare=False)

    def __repr__(self) -> str:
        return (
            f"{type(self.network).__name__} of epoch {self.best_epoch + 1} of "
            f"{len(self.train_loss)}: validation loss "
            f"{self.validation_loss[self.best_epoch]:.4f}, {self.seconds:.1f} s"
        )


def train_network(
    network: JetNetwork,
    train: Jets,
    validation: Jets,
    config: TrainingConfig | None = None,
    *,
    seed: int = 0,
    folder: str | os.PathLike[str] | None = None,
) -> TrainedNetwork:
    """Train a network to tell label 1 (quark) from label 0 (gluon).

    Adam minimises a loss, the cross-entropy by default; event weights count, negative ones
    included, and each class is scaled to half the total, so `loss.log_ratio` of the output, with
    the cross-entropy the output itself, estimates ln p(jet|quark) − ln p(jet|gluon). The network of
    the lowest validation loss is kept. `PUBLISHED` are the settings of arXiv:1810.05165; the
    default ones have a schedule, smaller batches, and random turns: a network does not know that
    symmetry, and a small training set does not teach it.

    Killed at any moment and called again with the same arguments and ``folder``, it goes on after
    the last epoch that was done and ends with the same network, bit for bit.

    Args:
        network: where to start, such as ``EFN(key=jax.random.key(0))``, or a network trained
            before.
        train: labelled jets of both classes, in GeV and radians, with pid if the network needs
            them.
        validation: other labelled jets of both classes; they decide when to stop.
        config: settings, `TrainingConfig()` if None.
        seed: shuffles and turns; on one machine's CPU the same seed gives the same weights, bit
            for bit.
        folder: a new or empty folder, or that of the same training begun earlier.

    Returns:
        `TrainedNetwork`; its losses are dimensionless, in nats for the cross-entropy.

    Raises:
        ValueError: no network; a folder of something else.
        JetsError: labels missing, one class only, a class of no positive total weight, or no pid.
        FloatingPointError: if the loss stops being finite.

    >>> import jax
    >>> from smearjax.jets import load_jets
    >>> from smearjax.networks import EFN
    >>> jets, network = load_jets("sample"), EFN((4,), (4,), key=jax.random.key(0))
    >>> config = TrainingConfig(epochs=2, progress=False)
    >>> train_network(network, jets[:200], jets[200:300], config).validation_loss.shape
    (2,)
    """
    expect("network", network, JetNetwork, "a network such as EFN(key=jax.random.key(0))")
    config = config or TrainingConfig()
    epoch = _Epoch(network, train, validation, config, seed)
    state, kept = TrainingState.begin(network, config, seed), None
    if folder is not None:
        kept = Checkpoint(folder, network, (train, validation), config, seed)
        state = kept.read(state)
    title, silent = type(network).__name__, None if config.progress else True
    with tqdm(total=config.epochs, initial=state.done, desc=title, disable=silent) as bar:
        while not state.finished(config):
            state = epoch(state)
            if kept:
                kept.write(state)
            losses = zip(("train", "validation"), state.losses[state.done - 1], strict=True)
            bar.set_postfix({name: f"{value:.4f}" for name, value in losses})
            bar.update()
    train_loss, validation_loss = state.losses[: state.done].T
    return TrainedNetwork(
        state.best, train_loss, validation_loss, state.best_epoch, config.loss, state.seconds
    )


class _Epoch:
    """One epoch after another on the same jets."""

    def __init__(
        self, network: JetNetwork, train: Jets, validation: Jets, config: TrainingConfig, seed: int
    ):
        self.config = config
        self.adam = optimiser(config.clip_norm, config.weight_decay)
        label, weight = labels_and_weights(train, "training jets")
        self.check = labels_and_weights(validation, "validation jets")
        self.blocks = list(pack(validation, network.needs_pid))
        flat = flatten(train if network.keeps_origin else center(train), network.needs_pid)
        count = np.asarray(flat.count)
        self.orders = [
            epoch_order(count[:-1], config.batch_size, (seed, e)) for e in range(config.epochs)
        ]
        self.width = batch_width(count, self.orders)
        rates = learning_rates(config, config.epochs * len(self.orders[0]))
        self.rates = rates.reshape(config.epochs, -1)
        padded = np.append(label, 0), np.append(weight, 0.0).astype(np.float32)
        self.batches = Batches(*jax.tree.map(jnp.asarray, (flat, *padded)))

    def __call__(self, state: TrainingState) -> TrainingState:
        """The state after one epoch more."""
        began, number = time.perf_counter(), state.done
        key, turns = jax.random.split(jax.random.wrap_key_data(state.key))
        network, adam, loss = run_epoch(
            state.network, state.optimiser, self.batches, self.orders[number],
            self.rates[number], turns, self.width, self.adam, self.config.loss, self.config.rotate,
            self.config.augmentation,
        )  # fmt: skip
        scores = packed_scores(network, self.blocks)
        losses = state.losses.copy()
        losses[number] = float(loss), float(self.config.loss(scores, *self.check))
        if not np.isfinite(losses[number]).all():
            raise FloatingPointError(
                f"the loss (training, validation) became {tuple(losses[number].tolist())} in epoch "
                f"{number}: lower learning_rate={self.config.learning_rate}, set clip_norm, or "
                f"look at large negative weights"
            )
        better = number == 0 or losses[number, 1] < losses[state.best_epoch, 1]
        return TrainingState(
            network=network,
            optimiser=adam,
            best=network if better else state.best,
            key=jax.random.key_data(key),
            losses=losses,
            done=number + 1,
            best_epoch=number if better else state.best_epoch,
            seconds=state.seconds + time.perf_counter() - began,
        )
