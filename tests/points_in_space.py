"""Likelihoods of points at will in Euclidean spaces of any dimension, where F and D are known."""

from __future__ import annotations

from functools import cache

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import smearing_oracles as slow

from smearjax import SmearedLikelihood
from smearjax.metric.pairs import Points
from smearjax.smearing.reference import Reference


def likelihood_of(vectors, label=None) -> SmearedLikelihood:
    """A likelihood whose d are the distances of these vectors (N, k), in GeV; classes in turn."""
    dtype = jnp.zeros(()).dtype
    vectors = np.asarray(vectors, dtype)
    n = len(vectors)
    label = np.arange(n) % 2 if label is None else np.asarray(label)
    points = Points(
        jnp.asarray(vectors),
        jnp.asarray(np.sum(vectors.astype(np.float64) ** 2, axis=1), dtype),
        jnp.arange(n, dtype=jnp.int32),
    )
    reference = Reference(points, label.astype(np.int8), np.ones(n))
    return eqx.tree_at(lambda like: like.reference, _stand_in(dtype), reference)


@cache
def _stand_in(dtype: np.dtype) -> SmearedLikelihood:
    """A likelihood of that precision, whose jets are to be exchanged."""
    jets = slow.jets_on_a_line(np.arange(4.0), np.array([0, 0, 1, 1], np.int8))
    return SmearedLikelihood(jets, pt_ref=slow.PT_REF, cells=2)


def dense(vectors) -> np.ndarray:
    """All distances, ∞ of a point to itself."""
    vectors = np.asarray(vectors, np.float64)
    d = np.linalg.norm(vectors[:, None] - vectors, axis=2)
    np.fill_diagonal(d, np.inf)
    return d
