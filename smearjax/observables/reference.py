"""The observables that every analysis sets its scores beside."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from smearjax.jets.container import Jets
from smearjax.observables.angularities import girth
from smearjax.observables.momentum import jet_mass, multiplicity

OBSERVABLES: dict[str, Callable[[Jets], np.ndarray]] = {
    "multiplicity": multiplicity,
    "mass": jet_mass,
    "girth": girth,
}
"""The reference observables by name; all are larger for gluon jets than for quark jets."""
