"""Training an Energy Flow Network."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float
from tqdm import tqdm

from smearjax._expect import expect
from smearjax.jets.container import Jets
from smearjax.jets.transforms import center
from smearjax.networks.efn import EFN
from smearjax.networks.epoch import ADAM, Batches, cosine_rates, run_epoch
from smearjax.networks.inference import pack, packed_scores
from smearjax.networks.labels import labels_and_weights
from smearjax.networks.losses import CrossEntropy, Loss
from smearjax.networks.packing import batch_width, epoch_order, flatten


@dataclass(frozen=True)
class TrainingConfig:
    """Settings of `train_efn`, lengths in radians; the layers are those of arXiv:1810.05165.

    Raises:
        ValueError: epochs, batch size or patience below 1; a learning rate that is not positive.

    >>> TrainingConfig(epochs=10).batch_size
    50
    """

    phi_sizes: tuple[int, ...] = (100, 100, 256)
    """Widths of Φ's layers."""
    f_sizes: tuple[int, ...] = (100, 100, 100)
    """Widths of F's hidden layers."""
    length_scale: float = 0.13
    """Radians by which angles about the jet's centroid are divided."""
    epochs: int = 40
    """Passes over the training jets; the learning rate falls to 0 over them along a cosine."""
    batch_size: int = 50
    """Jets a step, at most (all batches of an epoch are alike)."""
    learning_rate: float = 2e-3
    """Adam's learning rate at the start."""
    patience: int = 20
    """Epochs without a better validation loss after which training stops."""
    rotate: bool = True
    """Turn and mirror each training jet about its centroid at random, every time it is used."""
    loss: Loss = CrossEntropy()  # noqa: RUF009 (losses are frozen)
    """What is minimised; it says how the output estimates ln p/q."""
    progress: bool = True
    """Show a progress bar where there is a terminal."""

    def __post_init__(self):
        for name in ("epochs", "batch_size", "patience"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
        expect("loss", self.loss, Loss, "a loss such as CrossEntropy() or MLC()")
        if not 0 < self.learning_rate < float("inf"):
            raise ValueError(f"learning_rate must be positive, got {self.learning_rate}")


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
    >>> from smearjax.networks import EFN
    >>> network = EFN((4,), (4,), key=jax.random.key(0))
    >>> curve = np.array([0.6, 0.5])
    >>> TrainedNetwork(network, curve, curve, 1, CrossEntropy(), 2.0)
    EFN of epoch 2 of 2: validation loss 0.5000, 2.0 s
    """

    network: EFN
    train_loss: Float[np.ndarray, " epochs"]
    validation_loss: Float[np.ndarray, " epochs"]
    best_epoch: int
    loss: Loss
    seconds: float = field(compare=False)

    def __repr__(self) -> str:
        return (
            f"EFN of epoch {self.best_epoch + 1} of {len(self.train_loss)}: "
            f"validation loss {self.validation_loss[self.best_epoch]:.4f}, {self.seconds:.1f} s"
        )


def train_efn(
    train: Jets, validation: Jets, config: TrainingConfig | None = None, seed: int = 0
) -> TrainedNetwork:
    """Train an `EFN` to tell label 1 (quark) from label 0 (gluon).

    Adam with a cosine schedule minimises a loss, the cross-entropy by default; event weights count,
    negative ones included, and each class is scaled to half the total, so `loss.log_ratio` of the
    output, with the cross-entropy the output itself, estimates ln p(jet|quark) − ln p(jet|gluon).
    The network of the lowest validation loss is kept. Settings after arXiv:1810.05165, but for the
    schedule, the scaled angles, the smaller batches, and the random turns: an EFN does not know
    that symmetry, and a small training set does not teach it.

    Args:
        train: labelled jets of both classes.
        validation: other labelled jets of both classes; they decide when to stop.
        config: settings, `TrainingConfig()` if None.
        seed: initial weights, shuffles and turns; on one machine's CPU the same seed gives the same
            weights, bit for bit.

    Returns:
        `TrainedNetwork`; its losses are dimensionless, in nats for the cross-entropy.

    Raises:
        JetsError: labels missing, one class only, a class of no positive total weight.
        FloatingPointError: if the loss stops being finite.

    >>> from smearjax.jets import load_jets
    >>> jets = load_jets("sample")
    >>> config = TrainingConfig(phi_sizes=(4,), f_sizes=(4,), epochs=2, progress=False)
    >>> train_efn(jets[:200], jets[200:300], config).validation_loss.shape
    (2,)
    """
    config = config or TrainingConfig()
    began = time.perf_counter()
    train_label, train_weight = labels_and_weights(train, "training jets")
    check_label, check_weight = labels_and_weights(validation, "validation jets")
    flat = flatten(center(train))
    weight = np.append(train_weight, 0.0).astype(np.float32)
    label = np.append(train_label, 0)
    blocks = list(pack(validation))
    orders = [epoch_order(len(train), config.batch_size, (seed, e)) for e in range(config.epochs)]
    width = batch_width(np.asarray(flat.count), orders)
    batches = Batches(*(jax.tree.map(jnp.asarray, (flat, label, weight))))

    key = jax.random.key(seed)
    network = EFN(config.phi_sizes, config.f_sizes, config.length_scale, key=key)
    state = ADAM.init(eqx.filter(network, eqx.is_array))
    rates = cosine_rates(config.learning_rate, config.epochs * len(orders[0]))
    rates = rates.reshape(config.epochs, -1)
    best, history = (np.inf, 0, network), []
    with tqdm(orders, desc="EFN", disable=None if config.progress else True) as bar:
        for epoch, order in enumerate(bar):
            key, turns = jax.random.split(key)
            network, state, loss = run_epoch(
                network,
                config.loss,
                state,
                batches,
                order,
                rates[epoch],
                turns,
                width,
                config.rotate,
            )
            scores = packed_scores(network, blocks)
            losses = float(loss), float(config.loss(scores, check_label, check_weight))
            if not np.isfinite(losses).all():
                raise FloatingPointError(
                    f"the loss (training, validation) became {losses} in epoch {epoch}: lower "
                    f"learning_rate={config.learning_rate}, or look at large negative weights"
                )
            history.append(losses)
            bar.set_postfix(train=f"{losses[0]:.4f}", validation=f"{losses[1]:.4f}")
            if losses[1] < best[0]:
                best = losses[1], epoch, network
            elif epoch - best[1] >= config.patience:
                break
    train_loss, validation_loss = np.array(history).T
    return TrainedNetwork(
        best[2],
        train_loss,
        validation_loss,
        best[1],
        config.loss,
        time.perf_counter() - began,
    )
