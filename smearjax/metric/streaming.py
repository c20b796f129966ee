"""From particles to vectors for data sets of any size, one bucket of multiplicity at a time."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from smearjax._expect import expect, expect_whole
from smearjax._numerics import ArrayLike
from smearjax.jets.buckets import bucket_by_multiplicity
from smearjax.jets.container import Jets
from smearjax.metric.embedding import Embedding, embed
from smearjax.metric.spectral import spectral_function

# Spectral entries held at once: 2²³ of them take a few hundred MB with their sort.
_ENTRIES = 1 << 23


def embed_jets(
    jets: Jets, beta: ArrayLike = 1.0, omega: str = "delta_r", cells: int = 256
) -> Embedding:
    """Spectral functions and embedding of a whole data set, streamed.

    Same as `embed(spectral_function(jets, beta, omega), cells)` (formulas and source there), but
    jets are taken in buckets of like multiplicity and in chunks, so that memory beyond the (N, 2T)
    result is bounded and there is one compilation a bucket.

    Args:
        jets: N jets; pT in GeV, y and φ in radians.
        beta: exponent β > 0 of the angles.
        omega: name of the angle, see `spectral_function`.
        cells: T.

    Returns:
        `Embedding` of the N jets in their order.

    Raises:
        ValueError: as `spectral_function` and `embed`.

    >>> from smearjax import load_jets
    >>> from smearjax.metric import embed_jets
    >>> embed_jets(load_jets("sample")[:5]).vectors.shape
    (5, 512)
    """
    expect("jets", jets, Jets, "Jets, from load_jets(...) or Jets(pt, y, phi)")
    expect_whole("cells", cells, least=1)
    parts: list[Embedding] = []
    place = np.empty(len(jets), int)
    filled = 0
    for index, bucket in bucket_by_multiplicity(jets):
        n = bucket.pt.shape[1]
        chunk = 1 << max(0, int(_ENTRIES // (n * (n - 1) // 2 + 1)).bit_length() - 1)
        for begin in range(0, len(bucket), chunk):
            rows = np.arange(begin, min(begin + chunk, len(bucket)))
            spectra = spectral_function(bucket[_to_power_of_two(rows)], beta, omega)
            parts.append(embed(spectra, cells))
            place[index[rows]] = filled + np.arange(len(rows))
            filled += len(parts[-1])
    vectors, residual, rounding = (
        jnp.concatenate([getattr(part, name) for part in parts])[place]
        for name in ("vectors", "residual", "rounding")
    )
    return Embedding(vectors, residual, rounding, parts[0].beta, omega)


def _to_power_of_two(rows: np.ndarray) -> np.ndarray:
    """The rows, the last one repeated up to a power of two, so that few shapes get compiled."""
    return np.pad(rows, (0, (1 << (len(rows) - 1).bit_length()) - len(rows)), mode="edge")
