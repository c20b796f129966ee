"""Disjoint subsets of the reference jets, with and without each group of jets, from one pass.

Each jet is in one of 8 finest subsets and in one of 12 groups. The pass sums over every subset and
group (an atom) by itself; sums over N, N/2, N/4 or N/8 jets, and over these without a group, are
sums of atoms. Arrays have the jets first and C = 1 + 12 columns last: everything, then everything
but one group.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Array, Float, Int

from smearjax._memory import expect_room
from smearjax.metric.pairs import Points
from smearjax.smearing.checks import checked_totals
from smearjax.smearing.kernels import Kernel
from smearjax.smearing.likelihood import SmearedLikelihood
from smearjax.smearing.replicas import each_epsilon
from smearjax.smearing.sums import GLUON, QUARK, ClassSums, Rows, class_sums

LEVELS, GROUPS = 4, 12
_FINEST = 2 ** (LEVELS - 1)
_ATOMS = _FINEST * GROUPS
# Which groups each column keeps.
_KEPT = np.concatenate([np.ones((GROUPS, 1)), 1 - np.eye(GROUPS)], axis=1)


class Division:
    """Which jet is in which subset and group, class by class.

    Attributes:
        finest: (N,) the finest subset of each jet.
        group: (N,) its group.
        label: (N,) its class.
        weight: (N, C) its event weight, 0 where its group is left out.

    Raises:
        ValueError: a class has too few jets, or negative weights outweigh a subset of it.
    """

    def __init__(self, label: Int[np.ndarray, " N"], weight: Float[np.ndarray, " N"], seed: int):
        rng = np.random.default_rng([seed, 5])
        place = np.empty(len(label), int)
        for c, name in ((GLUON, "gluon"), (QUARK, "quark")):
            rows = np.flatnonzero(label == c)
            if len(rows) < _ATOMS:
                raise ValueError(
                    f"likelihood has {len(rows)} {name} jets; an extrapolation divides each class "
                    f"into {_ATOMS} parts: give it at least as many jets"
                )
            place[rng.permutation(rows)] = np.arange(len(rows))
        self.label = label
        self.finest, self.group = place % _FINEST, place // _FINEST % GROUPS
        self.weight = weight[:, None] * _KEPT[self.group]
        for finest in range(_FINEST):
            rows = self.finest == finest
            for column in self.weight[rows].T:
                checked_totals(column, label[rows])

    @property
    def atoms(self) -> Float[np.ndarray, "N A"]:
        """The weight of each jet in the column of its atom."""
        return np.eye(_ATOMS)[self.finest * GROUPS + self.group] * self.weight[:, :1]

    def subset(self, level: int) -> Int[np.ndarray, " N"]:
        """The subset of each jet where there are 2^level of them."""
        return self.finest * 2**level // _FINEST

    def own(self, atoms: Float[np.ndarray, "N 2 A"], level: int) -> Float[np.ndarray, "N 2 C"]:
        """Sums over each jet's own subset."""
        alike = self.subset(level)[:, None] == np.arange(_FINEST) * 2**level // _FINEST
        shaped = atoms.reshape(len(atoms), 2, _FINEST, GROUPS)
        return np.einsum("nasg,ns->nag", shaped, alike, dtype=np.float64) @ _KEPT

    def totals(self, level: int) -> Float[np.ndarray, "N 2 C"]:
        """Class totals of each jet's own subset."""
        subset = self.subset(level)
        totals = np.zeros((2**level, 2, 1 + GROUPS))
        np.add.at(totals, (subset, self.label), self.weight)
        return totals[subset]


class AtomSums(NamedTuple):
    """Leave-one-out sums about N jets over the atoms of gluons [:, 0] and quarks [:, 1] at one ε.

    Attributes:
        log_scale: (N, 2) ln of the factor taken out of each sum.
        linear: (N, 2, A) Σ w K e^{−log_scale}.
        square: (N, 2, A) Σ w² K² e^{−2 log_scale}.
        product: (N, 2, A) Σ w K (f − ⟨f⟩) e^{−log_scale} of smeared values f; else (N, 2, 0).
    """

    log_scale: Float[np.ndarray, "N 2"]
    linear: Float[np.ndarray, "N 2 A"]
    square: Float[np.ndarray, "N 2 A"]
    product: Float[np.ndarray, "N 2 F"]


def atom_sums(
    likelihood: SmearedLikelihood,
    grid: Float[np.ndarray, " E"],
    division: Division,
    values: Float[np.ndarray, " N"] | None,
    progress: bool,
) -> Iterator[AtomSums]:
    """The sums at each ε, in one pass over the pairs for as many ε as fit into memory.

    Raises:
        MemoryError: they would not fit; the message has the predicted bytes.
    """
    query, dtype = likelihood.leave_one_out, likelihood.pt_ref.dtype
    columns = division.atoms
    if values is not None:
        offset = values - np.average(values, weights=division.weight[:, 0])
        columns = np.concatenate([columns, columns * offset[:, None]], axis=1)
    held = 4 * columns.size * dtype.itemsize
    expect_room({"sums over subsets": 2 * held}, {}, "use fewer jets or restrict(rows)")
    weights = likelihood.reference.by_class(columns.astype(dtype))
    points = likelihood.reference.classes.points

    def asked(epsilon: Float[Array, " G"]) -> ClassSums:
        return _sums(likelihood.kernel, points, weights, query.rows, epsilon)

    found = each_epsilon(asked, grid, query, columns.shape[1], dtype, "N → ∞", progress)
    for scale, linear, square in found:
        linear, product = np.split(linear, [_ATOMS], axis=2)
        yield AtomSums(scale, linear, square[..., :_ATOMS], product)


@jax.jit
def _sums(
    kernel: Kernel,
    points: tuple[Points, Points],
    weights: tuple[Float[Array, "g C"], Float[Array, "q C"]],
    rows: Rows,
    epsilon: Float[Array, " E"],
) -> ClassSums:
    """Sums over all columns."""
    return class_sums(kernel, points, weights, rows, epsilon, squares=True)
