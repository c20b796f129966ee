"""Bootstrap replicas of F(ε): pairs weighted by how often both of their jets were drawn."""

from __future__ import annotations

from collections.abc import Iterator

import jax
import numpy as np
from jaxtyping import Array, Float
from tqdm import tqdm

from smearjax.extremes.pair_variance import KINDS
from smearjax.metric.pairs import Points
from smearjax.smearing.contrasts import pair_means
from smearjax.smearing.kernels import HardBall
from smearjax.smearing.likelihood import SmearedLikelihood
from smearjax.smearing.moments import column_groups
from smearjax.smearing.replicas import Columns, epsilon_groups
from smearjax.smearing.sums import GLUON, QUARK, Rows, class_sums

Curve = Float[np.ndarray, " E"]


def pair_replicas(
    likelihood: SmearedLikelihood, grid: Curve, replicas: int, seed: int, progress: bool
) -> Float[np.ndarray, "3 C E"]:
    """F of gg, gq and qq of each replica; jets are drawn within each class."""
    found = np.empty((3, replicas, len(grid)))
    if replicas == 0:
        return found
    columns = Columns(likelihood, replicas, seed)
    label = np.asarray(likelihood.label)
    own = np.stack([label == GLUON, label == QUARK], axis=1)[:, :, None]
    for e, sums in enumerate(_weighted_counts(likelihood, grid, columns, progress)):
        for some in column_groups(replicas + 1):
            member = own * columns.every[:, None, some]
            f = sums[..., some].astype(np.float64)
            means = pair_means(f, f, member).F
            for k, (a, b) in enumerate(KINDS):
                drawn = np.arange(replicas + 1)[some] - 1
                found[k, drawn[drawn >= 0], e] = means[a, b, drawn >= 0]
    return found


def _weighted_counts(
    likelihood: SmearedLikelihood, grid: Curve, columns: Columns, progress: bool
) -> Iterator[Float[np.ndarray, "N 2 C"]]:
    """One ε after another, the weights of each replica within ε of each jet."""
    query, dtype = likelihood.leave_one_out, likelihood.pt_ref.dtype
    points, number = likelihood.reference.classes.points, columns.every.shape[1]
    with tqdm(total=len(grid), desc="replicas", unit="ε", disable=not progress) as bar:
        for rows, group in epsilon_groups(grid, len(query), number, dtype):
            sums = _hard_sums(points, columns.classes, query.rows, group)
            for i in range(rows.stop - rows.start):
                yield np.asarray(sums[i])[query.place]
                bar.update()


@jax.jit
def _hard_sums(
    points: tuple[Points, Points],
    weights: tuple[Array, Array],
    rows: Rows,
    epsilon: Float[Array, " E"],
) -> Float[Array, "E R 2 C"]:
    """Leave-one-out sums of weights within each ε."""
    return class_sums(HardBall(), points, weights, rows, epsilon, squares=False).linear
