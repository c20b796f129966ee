"""The public EnergyFlow quark/gluon jets, by way of the energyflow package."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

from smearjax.jets.container import Jets
from smearjax.jets.layouts import jets_from_columns

CACHE = Path("~/.energyflow")
N_JETS = 100_000

BY_HAND = (
    "download QG_jets.npz (Pythia 8, 100,000 jets) by hand from "
    "https://zenodo.org/records/3164691 and load it with load_jets('QG_jets.npz')"
)


def import_energyflow() -> ModuleType:
    """The energyflow package; the only place that imports it.

    energyflow imports `wasserstein`, whose wheels want numpy < 2 and crash otherwise. Nothing used
    here needs it, so an empty module takes its place unless a working one was imported before.

    Raises:
        ImportError: energyflow is not installed; the message says what to do.

    Example:
        >>> import sys
        >>> had = "wasserstein" in sys.modules
        >>> try:
        ...     module = import_energyflow()
        ... except ImportError as error:
        ...     assert "pip install 'smearjax[energyflow]'" in str(error)
    """
    stand_in = "wasserstein" not in sys.modules
    if stand_in:
        sys.modules["wasserstein"] = ModuleType("wasserstein")
    try:
        import energyflow
    except ImportError as error:
        if stand_in:
            del sys.modules["wasserstein"]
        raise ImportError(
            f"the package energyflow cannot be imported ({error}): "
            f"pip install 'smearjax[energyflow]'; or {BY_HAND}"
        ) from error
    return energyflow


def load_energyflow_jets() -> Jets:
    """The first 100,000 jets of the public set, from energyflow's cache or downloaded into it."""
    energyflow = import_energyflow()
    try:
        X, y = energyflow.qg_jets.load(
            num_data=N_JETS, generator="pythia", pad=True, cache_dir=str(CACHE.expanduser())
        )
    except Exception as error:  # urllib, ssl, hash checks: whatever kept the file from coming
        raise ConnectionError(
            f"energyflow could not download its jets ({type(error).__name__}: {error}); "
            f"check the network and try again, or {BY_HAND}"
        ) from error
    return jets_from_columns(X, y)
