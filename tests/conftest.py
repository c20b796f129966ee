"""Shared set-up: shapes checked at run time, hypothesis settings, the embedded sample."""

from __future__ import annotations

import builtins
from importlib import resources
from itertools import pairwise
from pathlib import Path

import jaxtyping

# Before anything imports smearjax: every annotated shape is checked on every call in the tests.
jaxtyping.install_import_hook("smearjax", "shape_hook.checked")

import hypothesis  # noqa: E402
import jax  # noqa: E402
import numpy as np  # noqa: E402
import pytest  # noqa: E402

# Workers and later runs take each other's compilations, which is what most tests wait for.
COMPILED = Path(__file__).resolve().parents[1] / ".pytest_cache" / "xla"
jax.config.update("jax_compilation_cache_dir", str(COMPILED))
jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.2)

hypothesis.settings.register_profile(
    "smearjax",
    deadline=None,
    max_examples=25,
    derandomize=True,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("smearjax")

LONG = Path(__file__).with_name("long.txt").read_text("utf-8").splitlines()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """What long.txt lists is slow."""
    for item in items:
        if item.nodeid in LONG:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def sample_jets():
    """The embedded sample as a list of oracle jets (float64, nothing padded), and the labels."""
    from oracles import Jet

    path = resources.files("smearjax") / "jets" / "data" / "qg_sample.npz"
    with path.open("rb") as file, np.load(file) as stored:
        pt, y, phi = (stored[name].astype(np.float64) for name in ("pt", "y", "phi"))
        offsets, label = stored["offsets"], stored["label"]
    return [Jet(pt[a:b], y[a:b], phi[a:b]) for a, b in pairwise(offsets)], label


@pytest.fixture
def no_fastjet(monkeypatch):
    """As if FastJet were not installed."""
    present = builtins.__import__

    def absent(name, *args, **kwargs):
        if name == "fastjet":
            raise ModuleNotFoundError(f"No module named {name!r}")
        return present(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", absent)
