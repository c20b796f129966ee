"""Bootstrap replicas of F(ε): pairs weighted by how often both of their jets were drawn."""

from __future__ import annotations

import jax
import numpy as np
from jaxtyping import Array, Float

from smearjax.extremes.pair_variance import KINDS
from smearjax.metric.pairs import Points
from smearjax.smearing.columns import Columns
from smearjax.smearing.contrasts import pair_means
from smearjax.smearing.kernels import HardBall
from smearjax.smearing.likelihood import SmearedLikelihood
from smearjax.smearing.moments import column_groups
from smearjax.smearing.replicas import each_epsilon
from smearjax.smearing.sums import Rows, class_sums

Curve = Float[np.ndarray, " E"]


def pair_replicas(
    likelihood: SmearedLikelihood, grid: Curve, replicas: int, seed: int, progress: bool
) -> Float[np.ndarray, "3 C E"]:
    """F of gg, gq and qq of each replica; jets are drawn within each class."""
    found = np.empty((3, replicas, len(grid)))
    if replicas == 0:
        return found
    columns = Columns(likelihood, replicas, seed)
    query, dtype = likelihood.leave_one_out, likelihood.pt_ref.dtype

    def counts(epsilon: Float[Array, " G"]) -> Float[Array, "G R 2 C"]:
        return _hard_sums(likelihood.reference.classes.points, columns.classes, query.rows, epsilon)

    rows = each_epsilon(counts, grid, query, replicas + 1, dtype, "replicas", progress)
    for e, sums in enumerate(rows):
        for some in column_groups(replicas + 1):
            member = columns.member(some)
            f = sums[..., some].astype(np.float64)
            means = pair_means(f, f, member).F
            for k, (a, b) in enumerate(KINDS):
                drawn = np.arange(replicas + 1)[some] - 1
                found[k, drawn[drawn >= 0], e] = means[a, b, drawn >= 0]
    return found


@jax.jit
def _hard_sums(
    points: tuple[Points, Points],
    weights: tuple[Array, Array],
    rows: Rows,
    epsilon: Float[Array, " E"],
) -> Float[Array, "E R 2 C"]:
    """Leave-one-out sums of weights within each ε."""
    return class_sums(HardBall(), points, weights, rows, epsilon, squares=False).linear
