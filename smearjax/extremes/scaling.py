"""How the smallest resolved and the best resolution fall with the number of jets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from tqdm import tqdm

from smearjax._expect import expect, expect_whole
from smearjax._numerics import ArrayLike
from smearjax.extremes.local_slope import slope_rows
from smearjax.smearing.likelihood import SmearedLikelihood
from smearjax.smearing.scales import find_scales
from smearjax.smearing.sums import GLUON, QUARK

PerSize = Float[np.ndarray, " S"]

# A local exponent is the slope of a straight line over this factor in N, either way: a decade.
_WINDOW = np.sqrt(10.0)


class Scales(NamedTuple):
    """Resolutions of one set of jets, in GeV.

    Attributes:
        gg: median distance from a gluon jet to the nearest other gluon jet.
        gq: from a jet to the nearest one of the other class.
        qq: from a quark jet to the nearest other quark jet.
        all: from a jet to the nearest other jet.
        best: best ε of `find_scales`; NaN if not asked for or not converged.
    """

    gg: float
    gq: float
    qq: float
    all: float
    best: float


@dataclass(frozen=True)
class ScalingCurve:
    """A resolution against the number of jets; arrays (S,).

    Attributes:
        number: N, jets among which one looks for the nearest, or that a likelihood smears.
        epsilon: mean over the subsets, in GeV.
        epsilon_err: its standard error: the scatter of disjoint subsets, of this size and of those
            within a factor of 10 of it, taken to fall as N^{−1/2}.
        exponent: d ln ε/d ln N, the slope of a straight line over a decade of N, dimensionless;
            over half a decade at either end, NaN where no other N lies within half a decade.
        exponent_err: its standard error, as if subsets of different sizes shared no jets.
    """

    number: PerSize
    epsilon: PerSize
    epsilon_err: PerSize
    exponent: PerSize
    exponent_err: PerSize


@dataclass(frozen=True)
class Scaling:
    """How resolutions fall with the number of jets.

    Attributes:
        sizes: (S,) jets of each class in a subset.
        subsets: (S,) disjoint subsets of that size.
        gg: `ScalingCurve` of the median distance from a gluon jet to the nearest of N others.
        gq: from a jet to the nearest of N of the other class.
        qq: from a quark jet to the nearest of N others.
        all: from a jet to the nearest of N others of either class.
        best: of the best ε of a likelihood of N jets, ε* of `find_scales`.
    """

    sizes: Int[np.ndarray, " S"]
    subsets: Int[np.ndarray, " S"]
    gg: ScalingCurve
    gq: ScalingCurve
    qq: ScalingCurve
    all: ScalingCurve
    best: ScalingCurve

    def __str__(self) -> str:
        names = ("gg", "gq", "qq", "all", "best")
        head = "jets a class  subsets" + "".join(f"   {f'ε_{n} [GeV]':<16}exponent" for n in names)
        rows = [head]
        for s, size in enumerate(self.sizes):
            cells = [
                f"   {curve.epsilon[s]:6.3f} ± {curve.epsilon_err[s]:.3f} "
                f"{curve.exponent[s]:7.3f} ± {curve.exponent_err[s]:.3f}"
                for curve in (getattr(self, name) for name in names)
            ]
            rows.append(f"{size:12,} {self.subsets[s]:8}" + "".join(cells))
        return "\n".join(rows)


def scaling(
    likelihood: SmearedLikelihood,
    sizes: ArrayLike,
    *,
    subsets: int = 4,
    best: bool = True,
    seed: int = 0,
    progress: bool = False,
) -> Scaling:
    r"""The median nearest-neighbour distance and the best ε for more and more jets.

    The smallest ε that N jets resolve falls as ε_min ∝ N^{−1/D} with the local dimension D at
    ε_min; the best ε of a smooth density in D dimensions as N^{−1/(D+4)}. D itself falls with ε, so
    neither is a power law and exponents are local. Method: smearjax; the scaling of ε_min is that
    of arXiv:2501.07643.

    Each size is measured on disjoint random subsets, so that their scatter is an error.

    Args:
        likelihood: the jets, under a kernel that is differentiable in ε.
        sizes: (S,) rising numbers of jets of each class in a subset.
        subsets: most subsets of a size; fewer where fewer are disjoint.
        best: whether to look for the best ε too, which takes most of the time.
        seed: of the subsets.
        progress: show a bar over subsets.

    Returns:
        `Scaling`.

    Raises:
        ValueError: sizes that do not rise, begin below 2 or exceed a class; as `find_scales`.

    >>> from smearjax import SmearedLikelihood, load_jets
    >>> likelihood = SmearedLikelihood(load_jets("sample")[:600])
    >>> found = scaling(likelihood, [64, 128], best=False)
    >>> found.all.epsilon.tolist(), found.all.exponent.tolist()        # in GeV; d ln ε/d ln N
    ([6.97, 6.09], [-0.193, -0.193])
    """
    plan = subset_rows(likelihood, sizes, subsets, seed)
    found = []
    with tqdm(total=sum(map(len, plan)), desc="ε(N)", unit="subset", disable=not progress) as bar:
        for rows in plan:
            found.append([])
            for some in rows:
                found[-1].append(scales_of(likelihood.restrict(some), best=best))
                bar.update()
    return scaling_of(sizes, found)


def subset_rows(
    likelihood: SmearedLikelihood, sizes: ArrayLike, subsets: int, seed: int
) -> list[list[Int[np.ndarray, " k"]]]:
    """For each size disjoint random subsets with so many jets of each class: their row numbers.

    Arguments, shapes (k,) and errors as for `scaling`. Source: smearjax's own.

    >>> from smearjax import SmearedLikelihood, load_jets
    >>> likelihood = SmearedLikelihood(load_jets("sample")[:300])
    >>> [len(rows) for rows in subset_rows(likelihood, [20, 100], 4, seed=0)]
    [4, 1]
    """
    expect("likelihood", likelihood, SmearedLikelihood, "one made with SmearedLikelihood(jets)")
    expect_whole("subsets", subsets, least=1)
    label = np.asarray(likelihood.label)
    members = [np.flatnonzero(label == c) for c in (GLUON, QUARK)]
    most = min(map(len, members))
    wanted = np.asarray(sizes)
    whole = wanted.dtype.kind in "iu" and wanted.ndim == 1 and wanted.size > 0
    if not whole or wanted[0] < 2 or np.any(np.diff(wanted) <= 0) or wanted[-1] > most:
        raise ValueError(
            f"sizes must be whole numbers that rise from 2 or more to {most} at most, the jets of "
            f"the smaller class; got {sizes!r}"
        )
    plan = []
    for k, size in enumerate(wanted.tolist()):
        rng = np.random.default_rng([seed, k])
        drawn = [rng.permutation(some) for some in members]
        many = min(subsets, most // size)
        cuts = [[some[i * size : (i + 1) * size] for some in drawn] for i in range(many)]
        plan.append([np.concatenate(pair) for pair in cuts])
    return plan


def scales_of(likelihood: SmearedLikelihood, *, best: bool = True) -> Scales:
    """Nearest-neighbour distances and the best ε of all jets of a likelihood.

    Arguments and errors as for `scaling`; GeV. Source: smearjax's own.

    >>> from smearjax import SmearedLikelihood, load_jets
    >>> scales_of(SmearedLikelihood(load_jets("sample")[:300]), best=False).all        # in GeV
    5.90
    """
    label = np.asarray(likelihood.label)
    nearest = np.sqrt(np.asarray(likelihood.leave_one_out.nearest, np.float64))
    own = np.where(label == QUARK, nearest[:, QUARK], nearest[:, GLUON])
    other = np.where(label == QUARK, nearest[:, GLUON], nearest[:, QUARK])
    found = np.nan
    if best:
        solution = find_scales(likelihood)
        found = solution.epsilon if solution.converged else np.nan
    return Scales(
        gg=float(np.median(own[label == GLUON])),
        gq=float(np.median(other)),
        qq=float(np.median(own[label == QUARK])),
        all=float(np.median(np.minimum(own, other))),
        best=float(found),
    )


def scaling_of(sizes: ArrayLike, found: Sequence[Sequence[Scales]]) -> Scaling:
    """`Scaling` from what was found on each subset of each size, for long work done in parts.

    Args:
        sizes: (S,) jets of each class, as for `scaling`.
        found: for each size what `scales_of` gave on its subsets, in GeV.

    Returns:
        `Scaling`.

    Raises:
        ValueError: not as many sizes as entries of `found`.

    Source: smearjax's own.

    >>> one, two = Scales(4, 5, 4, 3, 6), Scales(2, 2.5, 2, 1.5, 3)
    >>> scaling_of([100, 200], [[one], [two]]).gq.exponent
    array([-1., -1.])
    """
    size = np.atleast_1d(np.asarray(sizes))
    if len(size) != len(found):
        raise ValueError(f"found has {len(found)} entries for {len(size)} sizes")
    among = {"gg": size - 1, "gq": size, "qq": size - 1, "all": 2 * size - 1, "best": 2 * size}
    curves = {
        name: _curve(number.astype(np.float64), [[getattr(s, name) for s in row] for row in found])
        for name, number in among.items()
    }
    return Scaling(size, np.array([len(row) for row in found]), **curves)


def _curve(number: PerSize, values: list[list[float]]) -> ScalingCurve:
    """Means, errors and local exponents of one resolution."""
    logs = [np.log([v for v in row if v > 0]) for row in values]
    many = np.array([len(row) for row in logs])
    known = many > 0
    mean = np.array([row.mean() if len(row) else np.nan for row in logs])
    error = _errors(np.log(number), logs, many)
    # Lines are drawn with equal weights: errors from a few subsets scatter too much to be weights.
    x, weight = np.log(number), np.tile(known.astype(np.float64), (len(number), 1))
    rows = slope_rows(x, x, weight, np.log(_WINDOW), degree=1)
    rows = np.where(known[:, None], rows, np.nan)
    there = np.where(known, mean, 0.0)
    spread = np.where(rows == 0, 0.0, rows * error)
    return ScalingCurve(
        number,
        np.exp(mean),
        np.exp(mean) * error,
        rows @ there,
        np.sqrt(np.sum(spread**2, axis=1)),
    )


def _errors(log_number: PerSize, logs: list[np.ndarray], many: Int[np.ndarray, " S"]) -> PerSize:
    """Of the mean of ln ε at each N; NaN where nothing near has been measured twice."""
    free = np.maximum(many - 1, 0)
    squares = np.array([row.var() * len(row) if len(row) > 1 else 0.0 for row in logs])
    near = np.abs(log_number[:, None] - log_number) < np.log(10.0)
    pooled = near @ (squares * np.exp(log_number))
    known = (many > 0) & (near @ free > 0)
    variance = pooled / np.where(known, np.exp(log_number) * many * (near @ free), 1.0)
    return np.where(known, np.sqrt(variance), np.nan)
