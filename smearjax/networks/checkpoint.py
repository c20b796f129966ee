"""Where a training stands, in memory and on disk."""

from __future__ import annotations

import io
import os
from dataclasses import fields
from typing import Any

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Array, Float, UInt32

from smearjax._work_folder import WorkFolder, digest, software
from smearjax.jets.container import Jets
from smearjax.networks.epoch import optimiser
from smearjax.networks.jet_network import JetNetwork
from smearjax.networks.training_config import TrainingConfig

# Raised whenever the same arguments would give other bits or another layout on disk.
_FORMAT = "2"
_NAME = "checkpoint.eqx"


class TrainingState(eqx.Module):
    """All that a training needs to go on."""

    network: JetNetwork
    optimiser: Any
    best: JetNetwork
    key: UInt32[Array, " words"]
    losses: Float[np.ndarray, "epochs 2"]
    """Of training and validation jets, NaN where none was yet."""
    done: int
    best_epoch: int
    seconds: float

    @classmethod
    def begin(cls, network: JetNetwork, config: TrainingConfig, seed: int) -> TrainingState:
        """Before the first epoch."""
        adam = optimiser(config.clip_norm, config.weight_decay)
        state = adam.init(eqx.filter(network, eqx.is_array))
        losses = np.full((config.epochs, 2), np.nan)
        key = jax.random.key_data(jax.random.key(seed))
        return cls(network, state, network, key, losses, 0, 0, 0.0)

    def finished(self, config: TrainingConfig) -> bool:
        """Whether all epochs are done, or the last ones were no better."""
        stale = self.done - 1 - self.best_epoch >= config.patience
        return self.done == config.epochs or stale


class Checkpoint:
    """The state after the last epoch, in a folder that belongs to one training."""

    def __init__(
        self,
        folder: str | os.PathLike[str],
        network: JetNetwork,
        jets: tuple[Jets, Jets],
        config: TrainingConfig,
        seed: int,
    ):
        self.folder = WorkFolder(folder, identity(network, jets, config, seed), "training")
        self.folder.open()

    def write(self, state: TrainingState) -> None:
        """Keep a state: once this returns, it survives whatever happens."""
        buffer = io.BytesIO(self.folder.seal)
        buffer.seek(0, io.SEEK_END)
        eqx.tree_serialise_leaves(buffer, state)
        self.folder.write(_NAME, buffer.getvalue())

    def read(self, begin: TrainingState) -> TrainingState:
        """The state that was kept last, or ``begin`` if there is none.

        Raises:
            ValueError: the file is damaged, or another training's.
        """
        path = self.folder.folder / _NAME
        if not path.exists():
            return begin
        content = path.read_bytes()
        size = len(self.folder.seal)
        if content[:size] != self.folder.seal:
            raise ValueError(f"{path} belongs to another training; give another folder")
        try:
            return eqx.tree_deserialise_leaves(io.BytesIO(content[size:]), begin)
        except Exception as error:
            raise ValueError(
                f"{path} is damaged; delete it to begin anew, or give another folder: {error}"
            ) from error


def identity(
    network: JetNetwork, jets: tuple[Jets, Jets], config: TrainingConfig, seed: int
) -> dict[str, str]:
    """Everything that a trained network depends on, by the name that an error gives it."""
    settings = {
        field.name: repr(getattr(config, field.name))
        for field in fields(config)
        if field.name != "progress"
    }
    arrays, layout = jax.tree.flatten(network)
    return {
        "format": _FORMAT,
        "network": f"{layout}",
        "initial weights": digest(arrays),
        "training jets": digest(jets[0]),
        "validation jets": digest(jets[1]),
        "seed": str(seed),
        **settings,
        **software(),
    }
