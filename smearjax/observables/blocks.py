"""Functions of many jets on the host in float64, a block of jets at a time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from smearjax._expect import expect
from smearjax.jets.container import Jets
from smearjax.jets.transforms import center

# Jets are worked on in blocks of about this many particle slots.
_BLOCK = 2**20


def in_blocks(
    function: Callable[[Jets], Float[np.ndarray, " K"]], jets: Jets
) -> Float[np.ndarray, " N"]:
    """The function of jets in float64 about their pT centroids."""
    expect("jets", jets, Jets, "Jets, from load_jets(...) or Jets(pt, y, phi)")
    step = max(1, _BLOCK // max(1, jets.pt.shape[1]))
    values = [np.zeros(0)]
    for first in range(0, len(jets), step):
        rows = slice(first, first + step)
        mask = np.asarray(jets.mask[rows])
        arrays = (np.asarray(a[rows], np.float64) for a in (jets.pt, jets.y, jets.phi))
        values.append(function(center(Jets(*arrays, mask=mask))))
    return np.concatenate(values)
