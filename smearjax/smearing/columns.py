"""Weightings of the jets as columns, all in one pass: replicas, soft labels, permuted labels."""

from __future__ import annotations

import numpy as np
from jaxtyping import Array, Bool, Float, Int

from smearjax.smearing.likelihood import SmearedLikelihood
from smearjax.smearing.moments import Moment
from smearjax.smearing.replicas import class_counts, expect_room_for
from smearjax.smearing.sums import GLUON, QUARK

PerClass = Float[np.ndarray, "N 2 c"]
Sums = tuple[PerClass, PerClass]


class Columns:
    """Weights of the reference jets, one column for the data and one for each replica.

    Attributes:
        every: (N, C) in the order of the reference jets.
        own: (N, 2) whether a jet is a gluon, and whether it is a quark.
        classes: the rows of the gluon and of the quark points, as a pass takes them.
        totals: (2, C) class totals.

    Raises:
        MemoryError: they, or the sums over them, would not fit; the message has the bytes.
    """

    def __init__(self, likelihood: SmearedLikelihood, replicas: int, seed: int):
        label = np.asarray(likelihood.label)
        expect_room_for(replicas + 1, likelihood, "use fewer replicas or fewer jets")
        counts = class_counts(label, replicas, seed)
        self.every = counts * np.asarray(likelihood.reference.weight, np.float64)[:, None]
        self.classes = likelihood.reference.by_class(self.every.astype(likelihood.pt_ref.dtype))
        self.own = class_membership(label)
        self.totals = np.stack([self.every[label == c].sum(axis=0) for c in (GLUON, QUARK)])

    def member(self, some: slice) -> PerClass:
        """Weights of the jets as gluons and as quarks in some replicas."""
        return self.own[:, :, None] * self.every[:, None, some]

    def sums(self, moment: Moment, scale: Float[np.ndarray, "N 2 1"], some: slice) -> Sums:
        """Sums and slopes over the gluons and the quarks in some replicas."""
        linear, slope = moment.of(some)
        return scale * linear, scale * slope


class MixedColumns:
    """Weights of jets that may be members of both classes, whatever list of points they lie in.

    Attributes:
        number: C, of weightings.
        classes: the rows of the gluon and of the quark points, each with C columns of what counts
            as gluon there and C of what counts as quark.
    """

    number: int
    classes: tuple[Array, Array]

    def sums(self, moment: Moment, scale: Float[np.ndarray, "N 2 1"], some: slice) -> Sums:
        """Sums and slopes over both classes in some weightings: each has members in both lists."""
        sums, slopes = [], []
        for shift in (0, self.number):
            linear, slope = moment.of(slice(some.start + shift, some.stop + shift))
            sums.append(np.sum(scale * linear, axis=1))
            slopes.append(np.sum(scale * slope, axis=1))
        return np.stack(sums, axis=1), np.stack(slopes, axis=1)


class SoftColumns(MixedColumns):
    """Weights of jets that are quarks with a probability: of the data and of each replica.

    Raises:
        MemoryError: they, or the sums over them, would not fit; the message has the bytes.
    """

    def __init__(
        self,
        likelihood: SmearedLikelihood,
        probability: Float[np.ndarray, " N"],
        replicas: int,
        seed: int,
    ):
        self.number = replicas + 1
        way_out = "use fewer replicas or fewer jets"
        expect_room_for(2 * self.number, likelihood, way_out)
        counts = class_counts(np.asarray(likelihood.label), replicas, seed)
        self.every = counts * np.asarray(likelihood.reference.weight, np.float64)[:, None]
        self.share = np.stack([1 - probability, probability], axis=1)
        both = np.concatenate([self.share[:, c, None] * self.every for c in (GLUON, QUARK)], axis=1)
        self.classes = likelihood.reference.by_class(both.astype(likelihood.pt_ref.dtype))

    def member(self, some: slice) -> PerClass:
        """Weights of the jets as gluons and as quarks in some replicas."""
        return self.share[:, :, None] * self.every[:, None, some]


class Permutations(MixedColumns):
    """Weights of the jets in both classes under permuted labels.

    Attributes:
        permuted: (N, P) labels, as many of each as there are.
        weight: (N,) event weights.

    Raises:
        MemoryError: they, or the sums over them, would not fit; the message has the bytes.
    """

    def __init__(self, likelihood: SmearedLikelihood, permutations: int, seed: int):
        label = np.asarray(likelihood.label)
        self.number = permutations
        expect_room_for(2 * permutations, likelihood, "use fewer permutations or fewer jets")
        rng = np.random.default_rng([seed, 3])
        self.permuted = np.stack([rng.permutation(label) for _ in range(permutations)], axis=1)
        self.weight = np.asarray(likelihood.reference.weight, np.float64)
        both = np.concatenate([self.permuted == c for c in (GLUON, QUARK)], axis=1)
        columns = (both * self.weight[:, None]).astype(likelihood.pt_ref.dtype)
        self.classes = likelihood.reference.by_class(columns)

    def member(self, some: slice) -> PerClass:
        """Weights of the jets as gluons and as quarks in some permutations."""
        called = self.permuted[:, None, some] == np.array([GLUON, QUARK])[:, None]
        return called * self.weight[:, None, None]


def class_membership(label: Int[np.ndarray, " N"]) -> Bool[np.ndarray, "N 2"]:
    """Whether each jet is a gluon [:, 0] and whether it is a quark [:, 1]."""
    return label[:, None] == np.array([GLUON, QUARK])
