"""Train a network that is to be killed: the word is its folder."""

from __future__ import annotations

import sys

import jax

from smearjax.jets import load_jets
from smearjax.networks import LipschitzEFN, TrainingConfig, train_network

CONFIG = TrainingConfig(epochs=40, weight_decay=1e-3, clip_norm=1.0, progress=False)


def begin(folder: str | None, config: TrainingConfig = CONFIG, seed: int = 3):
    jets = load_jets("sample")
    network = LipschitzEFN((16, 16), (16,), key=jax.random.key(0))
    return train_network(network, jets[:600], jets[600:900], config, seed=seed, folder=folder)


if __name__ == "__main__":
    begin(sys.argv[1])
