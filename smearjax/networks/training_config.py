"""How a network is trained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from smearjax._expect import expect, expect_whole
from smearjax.networks.augmentation import Augmentation
from smearjax.networks.losses import CrossEntropy, Loss


@dataclass(frozen=True)
class TrainingConfig:
    """Settings of `train_network`, all dimensionless.

    Raises:
        ValueError: epochs, batch size or patience below 1; a learning rate or clip_norm that is not
            positive, a negative weight decay, no such schedule.

    Source: arXiv:1810.05165, with smearjax's own defaults; `PUBLISHED` has those of the paper.

    >>> TrainingConfig(epochs=10).batch_size
    50
    """

    epochs: int = 40
    """Passes over the training jets."""
    batch_size: int = 50
    """Jets a step, at most (all batches of an epoch are alike)."""
    learning_rate: float = 2e-3
    """Adam's learning rate at the start."""
    schedule: Literal["cosine", "constant"] = "cosine"
    """The learning rate falls to 0 over all epochs along half a cosine, or stays."""
    patience: int = 20
    """Epochs without a better validation loss after which training stops."""
    clip_norm: float | None = None
    """Gradients longer than this are cut to it."""
    weight_decay: float = 0.0
    """Share of each weight, biases excepted, taken off it per step and learning rate (AdamW)."""
    rotate: bool = True
    """Turn and mirror each training jet at random, every time it is used: about its centroid, or
    about the origin of a network that keeps it."""
    augmentation: Augmentation | None = None
    """How jets are changed, anew each time, before the network learns from them: `Splits` or
    `Adversary`."""
    loss: Loss = CrossEntropy()  # noqa: RUF009 (losses are frozen)
    """What is minimised; it says how the output estimates ln p/q."""
    progress: bool = True
    """Show a progress bar where there is a terminal."""

    def __post_init__(self):
        for name in ("epochs", "batch_size", "patience"):
            expect_whole(name, getattr(self, name), least=1)
        if self.augmentation is not None:
            way_out = "Splits(pt_ref=...), Adversary(pt_ref=..., budget=...) or None"
            expect("augmentation", self.augmentation, Augmentation, way_out)
        expect("loss", self.loss, Loss, "a loss such as CrossEntropy() or MLC()")
        for name in ("learning_rate", "clip_norm"):
            value = getattr(self, name)
            if value is not None and not 0 < value < float("inf"):
                raise ValueError(f"{name} must be positive, got {value}")
        if not 0 <= self.weight_decay < float("inf"):
            raise ValueError(f"weight_decay must not be negative, got {self.weight_decay}")
        if self.schedule not in ("cosine", "constant"):
            raise ValueError(f"schedule must be 'cosine' or 'constant', got {self.schedule!r}")


PUBLISHED = TrainingConfig(
    batch_size=500, learning_rate=1e-3, schedule="constant", patience=8, rotate=False
)
"""As in arXiv:1810.05165: Adam at one rate, batches of 500, jets as they are; the networks there
take angles in radians, `EFN(length_scale=1.0, key=...)`. Epochs and patience are our own."""
