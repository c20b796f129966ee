"""A training that is stopped at any moment ends with the same network, bit for bit."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import jax
import numpy as np
import on_training
import pytest

from smearjax.networks import MLC, TrainedNetwork
from smearjax.networks.checkpoint import Checkpoint

SHORT = replace(on_training.CONFIG, epochs=6)


class StopError(Exception):
    """The training is to end here."""


def expect_same(a: TrainedNetwork, b: TrainedNetwork) -> None:
    for one, other in zip(jax.tree.leaves(a.network), jax.tree.leaves(b.network), strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(a.train_loss, b.train_loss)
    np.testing.assert_array_equal(a.validation_loss, b.validation_loss)
    assert a.best_epoch == b.best_epoch


def stop_before_epoch(monkeypatch, number):
    """Let the training be interrupted once it has kept so many epochs."""
    write = Checkpoint.write

    def counted(self, state):
        write(self, state)
        if state.done == number:
            raise StopError

    monkeypatch.setattr(Checkpoint, "write", counted)


@pytest.mark.parametrize("number", [1, 4, 6])
def test_an_interrupted_training_goes_on(tmp_path, monkeypatch, number):
    whole = on_training.begin(None, SHORT)
    with monkeypatch.context() as patch:
        stop_before_epoch(patch, number)
        with pytest.raises(StopError):
            on_training.begin(tmp_path / "run", SHORT)
    again = on_training.begin(tmp_path / "run", SHORT)
    expect_same(again, whole)
    assert again.seconds > 0
    finished = on_training.begin(tmp_path / "run", SHORT)
    expect_same(finished, whole)
    assert finished.seconds == again.seconds  # nothing was done again


def test_patience_ends_a_resumed_training_too(tmp_path, monkeypatch):
    hasty = replace(SHORT, epochs=40, patience=1, learning_rate=0.1, clip_norm=None)
    whole = on_training.begin(None, hasty)
    assert len(whole.train_loss) == whole.best_epoch + 2 < 40
    with monkeypatch.context() as patch:
        stop_before_epoch(patch, whole.best_epoch + 1)
        with pytest.raises(StopError):
            on_training.begin(tmp_path, hasty)
    expect_same(on_training.begin(tmp_path, hasty), whole)


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
@pytest.mark.slow
def test_a_killed_training_goes_on(tmp_path):
    folder, path = tmp_path / "run", tmp_path / "run" / "checkpoint.eqx"
    for _ in range(2):
        before = path.stat().st_mtime_ns if path.exists() else 0
        process = subprocess.Popen([sys.executable, on_training.__file__, str(folder)])
        try:
            while not path.exists() or path.stat().st_mtime_ns == before:
                assert process.poll() is None, "the training ended before it was killed"
                time.sleep(1e-3)
            time.sleep(0.01)
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
        assert process.returncode == -signal.SIGKILL
    expect_same(on_training.begin(folder), on_training.begin(None))


def test_another_training_is_refused_by_name(tmp_path):
    on_training.begin(tmp_path / "run", SHORT)
    for change, name in (
        ({"learning_rate": 1e-3}, "learning_rate"),
        ({"loss": MLC()}, "loss"),
        ({"epochs": 7}, "epochs"),
    ):
        with pytest.raises(ValueError, match=f"holds a training that differs in {name};"):
            on_training.begin(tmp_path / "run", replace(SHORT, **change))
    with pytest.raises(ValueError, match="differs in seed;"):
        on_training.begin(tmp_path / "run", SHORT, seed=4)
    on_training.begin(tmp_path / "run", replace(SHORT, progress=True))


def test_foreign_and_damaged_folders_are_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(ValueError, match=r"holds 'notes.txt' and no training.json"):
        on_training.begin(tmp_path, SHORT)
    on_training.begin(tmp_path / "run", SHORT)
    path = tmp_path / "run" / "checkpoint.eqx"
    whole = path.read_bytes()
    path.write_bytes(whole[:-100])
    with pytest.raises(ValueError, match="is damaged; delete it to begin anew"):
        on_training.begin(tmp_path / "run", SHORT)
    path.write_bytes(b"\0" * 32 + whole[32:])
    with pytest.raises(ValueError, match="belongs to another training"):
        on_training.begin(tmp_path / "run", SHORT)
