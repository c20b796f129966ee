"""Train EnergyFlow's EFN or PFN: run by keras_networks.py in the environment that has them."""

# ruff: noqa: E402 (the environment is set before the imports)

import json
import os
import sys
import time
import types

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
# EnergyFlow imports wasserstein, whose wheels want an older numpy; networks do not use it.
sys.modules["wasserstein"] = types.ModuleType("wasserstein")

import numpy as np
import tensorflow as tf
from energyflow.archs import EFN, PFN
from tf_keras.callbacks import Callback


class Watch(Callback):
    """When each epoch ended, and the weights of the lowest validation loss."""

    def __init__(self):
        super().__init__()
        self.ends, self.least, self.best_epoch = [], np.inf, 0

    def on_epoch_end(self, epoch, logs=None):
        """Note the time, keep the weights if they are the best."""
        self.ends.append(time.perf_counter())
        if logs["val_loss"] < self.least:
            self.least, self.best_epoch = logs["val_loss"], epoch
            self.weights = self.model.get_weights()


settings, path, answer = json.loads(sys.argv[1]), sys.argv[2], sys.argv[3]
data = np.load(path)
tf.keras.utils.set_random_seed(settings["seed"])
sizes = {"Phi_sizes": settings["phi_sizes"], "F_sizes": settings["f_sizes"], "summary": False}


def inputs(name):
    """What the network takes of one set of jets."""
    jets = data[name]
    return [jets[:, :, 0], jets[:, :, 1:]] if settings["kind"] == "EFN" else jets


def target(name):
    """One column a class."""
    return np.eye(2, dtype=np.float32)[data[f"{name}_label"]]


network = EFN(input_dim=2, **sizes) if settings["kind"] == "EFN" else PFN(input_dim=3, **sizes)
watch = Watch()
begin = time.perf_counter()
network.fit(
    inputs("train"), target("train"), validation_data=(inputs("held"), target("held")),
    epochs=settings["epochs"], batch_size=settings["batch_size"], verbose=0,
    callbacks=[watch],
)  # fmt: skip
network.model.set_weights(watch.weights)
output = np.asarray(network.predict(inputs("test"), batch_size=1000, verbose=0), np.float64)
steady = (watch.ends[-1] - watch.ends[0]) / (len(watch.ends) - 1)
with open(answer, "w") as file:
    json.dump(
        {
            "score": (np.log(output[:, 1] + 1e-30) - np.log(output[:, 0] + 1e-30)).tolist(),
            "jets_per_second": len(data["train"]) / steady,
            "first_epoch_seconds": watch.ends[0] - begin,
            "best_epoch": watch.best_epoch,
        },
        file,
    )
