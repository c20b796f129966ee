"""Exact distances of chosen pairs of jets, for when an interval of the embedding is not enough."""

from __future__ import annotations

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Float, Int

from smearjax._expect import expect, expect_number
from smearjax._numerics import ArrayLike
from smearjax.jets.container import Jets
from smearjax.metric.angles import angle_convention
from smearjax.metric.host import chosen_pairs


def exact_squared_distances(
    a: Jets, b: Jets, pairs: ArrayLike, *, beta: float = 1.0, omega: str = "delta_r"
) -> Float[np.ndarray, " P"]:
    r"""SEMD_{β,2} of chosen pairs of jets, computed from the particles in float64.

    SEMD_{β,2}(A, B) = ∫₀¹ dU (q_A(U)^β − q_B(U)^β)²       (arXiv:2305.03751)

    of the normalised jets: the value of `semd` at p = 2, for many pairs at once, whatever the
    precision of the jets and the 64-bit mode of JAX. A sum of squares, so nothing cancels for jets
    that nearly agree: the value is right to 1e-12 of itself or, where that is more, to what the
    rounding of momenta leaves, 1e-16 times the squared gap between neighbouring angles (jets of 44
    particles: 1e-18, which is 5e-7 GeV in d). A jet is at 0 from itself.

    The pairs are merged on the CPU where JAX has one, beside an accelerator too: about 5·10⁴ pairs
    of jets of 44 particles a second a core (`experiments/bench/pairs.py`).

    Args:
        a: jets; pT in GeV, y and φ in radians.
        b: jets, `a` itself for pairs within one set.
        pairs: (P, 2) whole numbers, which jet of `a` and which of `b`; any order, repeats allowed.
            Jets that no pair names cost nothing.
        beta: exponent β > 0 of the angles, dimensionless.
        omega: name of the angle, see `spectral_function`.

    Returns:
        (P,) float64 on the host, dimensionless squared distances in the order of `pairs`:
        d = pT_ref · √value in GeV.

    Raises:
        ValueError: pairs of another shape or kind or out of range; `beta` not positive; `omega`
            none of the four names.

    >>> from smearjax import Jets
    >>> from smearjax.metric import exact_squared_distances
    >>> jets = Jets(pt=[[300.0, 100.0], [400.0, 0.0]], y=[[0.0, 0.3], [0.0, 0.0]],
    ...             phi=[[0.0, 0.4], [0.0, 0.0]])
    >>> exact_squared_distances(jets, jets, [[0, 1], [0, 0]])    # 2·¾·¼·½², and a jet and itself
    array([0.09375, 0.     ])
    """
    for name, jets in (("a", a), ("b", b)):
        expect(name, jets, Jets, "Jets, from load_jets(...) or Jets(pt, y, phi)")
    angle_convention(omega)
    expect_number("beta", beta, 0, np.inf, "positive and finite")
    numbers = _checked(pairs, len(a), len(b))
    if len(numbers) == 0:
        return np.zeros(0)
    here = _particles(a)
    there = here if b is a else _particles(b)
    return chosen_pairs.squared_distances(here, there, numbers, float(beta), omega)


def _checked(pairs: ArrayLike, n_a: int, n_b: int) -> Int[np.ndarray, "P 2"]:
    """The pairs as 64-bit whole numbers, all of them within range."""
    try:
        array = np.asarray(pairs)
    except (ValueError, TypeError) as error:
        raise ValueError(f"pairs is no array ({error}); expected whole numbers (P, 2)") from error
    if array.ndim != 2 or array.shape[1] != 2:
        raise ValueError(
            f"pairs has shape {array.shape}; expected (P, 2), one row [jet of a, jet of b] a pair, "
            "as np.stack([i, j], axis=1) makes it"
        )
    if array.dtype.kind not in "iu":
        raise ValueError(
            f"pairs has dtype {array.dtype}; expected whole numbers: pairs.astype(int)"
        )
    bad = ((array < 0) | (array >= np.array([n_a, n_b]))).any(axis=1)
    if bad.any():
        first = int(np.argmax(bad))
        raise ValueError(
            f"pairs names jets that are not there in {bad.sum():,} of {len(array):,} rows, first "
            f"row {first}: {array[first].tolist()}; expected 0 to {n_a - 1} for the jet of a and "
            f"0 to {n_b - 1} for the jet of b"
        )
    return array.astype(np.int64, copy=False)


def _particles(jets: Jets) -> Jets:
    """The jets on the host, with nothing but their particles."""
    bare = eqx.tree_at(
        lambda jets: (jets.pid, jets.label, jets.weight),
        jets,
        (None, None, None),
        is_leaf=lambda leaf: leaf is None,
    )
    return jax.tree.map(np.asarray, bare)
