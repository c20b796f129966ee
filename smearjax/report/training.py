"""The learning curve of a training, epoch by epoch."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from smearjax.report.style import BLUE, INK, hep_style
from smearjax.report.words import interval

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_UNITS = {"cross-entropy": "cross-entropy [nats]"}


def write_training(record: Mapping[str, Any], out: str | Path) -> str:
    """Draw training.png into a folder and say what the network reaches.

    Args:
        record: What `smearjax.analysis.train` returns.
        out: A folder.

    Returns:
        AUC and 1/ε_g with 68 % intervals and the numbers of jets, dimensionless, in a sentence.

    Raises:
        KeyError: The record lacks a key.
        OSError: The figure cannot be written.

    Source: smearjax's own.

    Examples:
        >>> write_training({}, "results")
        Traceback (most recent call last):
        KeyError: 'settings'
    """
    with hep_style():
        training_figure(record).savefig(Path(out) / "training.png")
    jets = {name: sum(of.values()) for name, of in record["n_jets"].items()}
    return (
        f"Test AUC {interval(record, 'auc')}, 1/ε_g at ε_q = 50 % "
        f"{interval(record, 'inverse_gluon_efficiency_at_half', 1)} (68 % intervals): "
        f"{jets['train']:,} training, {jets['validation']:,} validation and {jets['test']:,} test "
        "jets."
    )


def training_figure(record: Mapping[str, Any]) -> Figure:
    """Training and validation loss of every member against the epoch, the kept epochs marked.

    Args:
        record: What `smearjax.analysis.train` returns.

    Returns:
        A figure; losses in nats for the cross-entropy, else dimensionless.

    Raises:
        KeyError: The record lacks a key.

    Examples:
        >>> training_figure({})
        Traceback (most recent call last):
        KeyError: 'settings'
    """
    import matplotlib.pyplot as plt

    settings = record["settings"]
    figure, axes = plt.subplots(figsize=(8.2, 5.8))
    for k, member in enumerate(record["members"]):
        epoch = 1 + np.arange(len(member["train_loss"]))
        for name, colour, style in (("train", INK, "--"), ("validation", BLUE, "-")):
            label = f"{name} jets" if k == 0 else None
            axes.plot(epoch, member[f"{name}_loss"], style, color=colour, lw=1.8, label=label)
        best = member["best_epoch"]
        axes.plot(epoch[best], member["validation_loss"][best], "o", ms=9, color=BLUE, mec="white",
                  label="kept" if k == 0 else None)  # fmt: skip
    axes.set_xlabel("epoch")
    loss = str(settings["loss"])
    axes.set_ylabel(_UNITS.get(loss, loss))
    jets = sum(record["n_jets"]["train"].values())
    axes.set_title(f"{settings['network'].upper()} on {jets:,} jets: test AUC {record['auc']:.3f}")
    axes.legend()
    return figure
