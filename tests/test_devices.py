"""One device against two and eight: the same blocks in the same order, hence the same bits."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from on_devices import COLUMNS, JETS, ROWS

FEW = ["counts", "sums"]
MORE = ["later counts", "nearest distance", "nearest place", "compact sums", "slope", "many sums"]


def on_devices(folder: Path, which: str) -> dict[str, np.ndarray]:
    """What `on_devices.py` found; every device of that process has the same threads."""
    out, script = folder / "found.npz", Path(__file__).with_name("on_devices.py")
    environment = os.environ | {"XLA_FLAGS": "--xla_force_host_platform_device_count=8"}
    subprocess.run([sys.executable, str(script), str(out), which], env=environment, check=True)
    with np.load(out) as stored:
        return dict(stored)


@pytest.fixture(scope="module")
def few(tmp_path_factory) -> dict[str, np.ndarray]:
    return on_devices(tmp_path_factory.mktemp("few"), "few")


@pytest.fixture(scope="module")
def found(tmp_path_factory) -> dict[str, np.ndarray]:
    return on_devices(tmp_path_factory.mktemp("all"), "all")


def test_the_cases_leave_a_rest():
    """Rows fill neither their blocks nor the devices, and the devices not the blocks."""
    assert ROWS % 512 != 0
    assert -(-ROWS // 512) % 2 != 0
    assert -(-ROWS // 512) % 8 != 0
    assert COLUMNS % 1024 != 0


@pytest.mark.parametrize("devices", ["2", "8"])
@pytest.mark.parametrize("name", FEW)
def test_passes_are_equal_to_the_last_bit(few, devices, name):
    one = few[f"1 {name}"]
    assert len(np.unique(one)) > 10
    np.testing.assert_array_equal(few[f"{devices} {name}"], one)


@pytest.mark.slow
@pytest.mark.parametrize("name", MORE)
def test_all_other_passes_are_too(found, name):
    one = found[f"1 {name}"]
    assert len(np.unique(one)) > 10
    np.testing.assert_array_equal(found[f"8 {name}"], one)


def test_log_ratio_is_equal_to_rounding(few):
    """Sums are equal, but XLA contracts the arithmetic around them anew: 1e-6 of the largest."""
    one = few["1 log ratio"]
    assert one.shape == (3, JETS)
    largest = np.abs(one).max()
    np.testing.assert_allclose(few["8 log ratio"], one, rtol=0, atol=1e-6 * largest)


@pytest.mark.slow
def test_gradient_in_epsilon_is_equal_to_rounding(found):
    np.testing.assert_allclose(found["8 epsilon gradient"], found["1 epsilon gradient"], rtol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("side", ["row", "column"])
def test_gradients_in_the_points_are_equal_to_rounding(found, side):
    """Backwards the devices' shares are added up, in another order than one device would."""
    one = found[f"1 {side} gradient"]
    np.testing.assert_allclose(
        found[f"8 {side} gradient"], one, rtol=0, atol=3e-6 * np.abs(one).max()
    )
