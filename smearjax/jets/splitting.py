"""One set of jets into several, several into one."""

from __future__ import annotations

from collections.abc import Sequence

import jax
import numpy as np
from jaxtyping import Int, Shaped

from smearjax._numerics import ArrayLike
from smearjax.jets.container import Jets


def split(jets: Jets, fractions: ArrayLike, seed: int = 0) -> tuple[Jets, ...]:
    """Disjoint random parts of the jets, each with the same mixture of classes.

    Every jet is in exactly one part. With labels, each class is cut by itself, so a part's share of
    a class is off by less than one jet. Within a part, jets keep their order. Source: stratified
    like scikit-learn's `train_test_split(stratify=labels)`.

    Args:
        jets: N jets.
        fractions: the parts' shares, positive, of sum 1, dimensionless.
        seed: the same seed gives the same parts.

    Returns:
        One Jets for each fraction.

    Raises:
        ValueError: fractions that are not positive or do not sum to 1; a part that would get no
            jet of a class.

    Example:
        >>> from smearjax.jets import load_jets, split
        >>> train, test = split(load_jets("sample"), (0.75, 0.25), seed=1)
        >>> len(train), len(test), int(test.label.sum())
        (3000, 1000, 500)
    """
    return tuple(jets[rows] for rows in split_rows(jets, fractions, seed))


def split_rows(
    jets: Jets, fractions: ArrayLike, seed: int = 0
) -> tuple[Int[np.ndarray, " k"], ...]:
    """The row numbers of the parts that `split` makes, (k,) each, rising.

    Arguments and errors as for `split`. Source: as there.

    Example:
        >>> from smearjax.jets import load_jets, split_rows
        >>> [len(rows) for rows in split_rows(load_jets("sample"), (0.75, 0.25), seed=1)]
        [3000, 1000]
    """
    shares = np.asarray(fractions, dtype=np.float64)
    if shares.ndim != 1 or not (shares > 0).all() or abs(shares.sum() - 1.0) > 1e-9:
        raise ValueError(
            f"fractions are {fractions!r}, of sum {shares.sum():g}; expected positive numbers of "
            "sum 1, such as (0.6, 0.2, 0.2)"
        )
    rng = np.random.default_rng(seed)
    label = np.zeros(len(jets)) if jets.label is None else np.asarray(jets.label)
    parts: list[list[Int[np.ndarray, " k"]]] = [[] for _ in shares]
    for value in np.unique(label):
        members = rng.permutation(np.flatnonzero(label == value))
        cuts = np.round(np.cumsum(shares)[:-1] * len(members)).astype(int)
        for part, piece in zip(parts, np.split(members, cuts), strict=True):
            if len(piece) == 0:
                which = "jets" if jets.label is None else ("gluon jets", "quark jets")[int(value)]
                raise ValueError(
                    f"{len(members)} {which} are too few for fractions {fractions!r}: "
                    "one part would get none; give more jets or larger fractions"
                )
            part.append(piece)
    return tuple(np.sort(np.concatenate(part)) for part in parts)


def concatenate(sets: Sequence[Jets]) -> Jets:
    """All jets of several sets in one, in order, padded to the widest.

    Source: after numpy's `concatenate`.

    Args:
        sets: at least one Jets. All have labels or none has; the same for pid. Where only some
            have weights, the others' are 1.

    Returns:
        One Jets on the host, (N₁ + N₂ + …, n), of the widest float type; units (GeV, radians) stay.

    Raises:
        ValueError: nothing to join; labels or pid that only some have.

    Example:
        >>> from smearjax.jets import Jets, concatenate
        >>> one = Jets(pt=[[510.0]], y=[[0.0]], phi=[[0.0]])
        >>> two = Jets(pt=[[300.0, 200.0]], y=[[0.0, 0.1]], phi=[[0.0, 0.1]], weight=[-1.0])
        >>> both = concatenate([one, two])
        >>> both.multiplicity, both.weight
        (array([1, 2]), array([ 1., -1.], dtype=float32))
    """
    hosts = [jax.tree.map(np.asarray, jets) for jets in sets]
    if not hosts:
        raise ValueError("there are no jets to join; expected at least one Jets")
    for name in ("label", "pid"):
        having = [getattr(jets, name) is not None for jets in hosts]
        if any(having) and not all(having):
            raise ValueError(
                f"only some of the sets have {name} (set {having.index(False)} has not); "
                f"give it to all: jets.replace({name}=...)"
            )
    joined = {}
    for name in ("pt", "y", "phi", "mask", "pid"):
        if getattr(hosts[0], name) is not None:
            joined[name] = _stacked([getattr(jets, name) for jets in hosts])
    if hosts[0].label is not None:
        joined["label"] = np.concatenate([jets.label for jets in hosts])
    if any(jets.weight is not None for jets in hosts):
        joined["weight"] = np.concatenate(
            [np.ones(len(j), j.pt.dtype) if j.weight is None else j.weight for j in hosts]
        )
    return Jets(**joined)


def _stacked(arrays: list[np.ndarray]) -> Shaped[np.ndarray, "N n"]:
    """The rows of all arrays, padded with zeros to the widest."""
    shape = (sum(len(array) for array in arrays), max(array.shape[1] for array in arrays))
    stacked = np.zeros(shape, np.result_type(*arrays))
    start = 0
    for array in arrays:
        stacked[start : start + len(array), : array.shape[1]] = array
        start += len(array)
    return stacked
