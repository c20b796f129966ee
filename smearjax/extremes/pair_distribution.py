"""F(ε), the fraction of pairs of jets within ε, and its slope, the local dimension D(ε)."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int
from tqdm import tqdm

from smearjax._expect import expect, expect_number, expect_whole
from smearjax._memory import expect_room
from smearjax._numerics import ArrayLike
from smearjax.extremes.local_slope import slope_rows
from smearjax.extremes.pair_replicas import pair_replicas
from smearjax.extremes.pair_variance import (
    BallMoments,
    all_pairs,
    covariance_of_fractions,
    covariance_of_pairs,
)
from smearjax.metric.pairs import Points, ball_counts
from smearjax.smearing.checks import checked_grid
from smearjax.smearing.likelihood import SmearedLikelihood
from smearjax.smearing.sums import GLUON, QUARK

Curve = Float[np.ndarray, " E"]
Curves = Float[np.ndarray, "C E"]

# Jets whose counts are held at once.
_CHUNK = 1 << 13


@dataclass(frozen=True)
class PairCurve:
    """F(ε) and D(ε) of one kind of pairs; arrays (E,), dimensionless but for `epsilon`.

    Attributes:
        epsilon: radii in GeV.
        F: fraction of pairs with d ≤ ε.
        F_err: standard error from the U-statistic's variance.
        D: local dimension d ln F/d ln ε; NaN where no pair lies within ε, or the window holds
            fewer than 4 radii with pairs.
        D_err: its standard error, correlations between neighbouring ε included.
        covariance: (E, E) of F.
        F_replicas: (C, E) of each bootstrap replica, none if none were asked for.
        D_replicas: (C, E) of each; NaN where one of the radii that it takes holds no pair.
        n_pairs: how many pairs there are.
    """

    epsilon: Curve
    F: Curve
    F_err: Curve
    D: Curve
    D_err: Curve
    covariance: Float[np.ndarray, "E E"]
    F_replicas: Curves
    D_replicas: Curves
    n_pairs: int

    def dimension_at(self, epsilon: float) -> tuple[float, float]:
        """D and its standard error at any ε in GeV within the grid, between its points.

        Raises:
            ValueError: ε outside of the grid.

        Source: linear interpolation in ln ε. Dimensionless.

        >>> from smearjax import SmearedLikelihood, load_jets
        >>> likelihood = SmearedLikelihood(load_jets("sample")[:300])
        >>> pair_distribution(likelihood, np.geomspace(5, 80, 17)).gg.dimension_at(20.0)
        (1.89, 0.11)
        """
        expect_number(
            "epsilon",
            epsilon,
            self.epsilon[0] * (1 - 1e-9),
            self.epsilon[-1] * (1 + 1e-9),
            f"between {self.epsilon[0]:g} and {self.epsilon[-1]:g} GeV",
        )
        at, x = np.log(epsilon), np.log(self.epsilon)
        value, error = (float(np.interp(at, x, curve)) for curve in (self.D, self.D_err))
        return value, error


@dataclass(frozen=True)
class PairDistribution:
    """F(ε) and D(ε) of pairs of gluon jets, of a gluon and a quark jet, of quark jets, of any two.

    Attributes:
        gg: `PairCurve` of two gluon jets.
        gq: of a gluon and a quark jet.
        qq: of two quark jets.
        all: of any two jets, classes mixed as they are.
        n_jets: (gluons, quarks).
        window: D(ε) is the slope of a cubic through ln F from ε/window to ε·window, dimensionless.
    """

    gg: PairCurve
    gq: PairCurve
    qq: PairCurve
    all: PairCurve
    n_jets: tuple[int, int]
    window: float

    def __str__(self) -> str:
        title = f"Pairs of {self.n_jets[0]} gluon and {self.n_jets[1]} quark jets"
        head = "  ε [GeV]" + "".join(f"    F_{k:<19}D_{k:<13}" for k in ("gg", "gq", "qq"))
        rows = [title, head]
        for e, epsilon in enumerate(self.gg.epsilon):
            cells = [
                f"    {c.F[e]:.3e} ± {c.F_err[e]:.1e} {c.D[e]:6.2f} ± {c.D_err[e]:.2f}"
                for c in (self.gg, self.gq, self.qq)
            ]
            rows.append(f"{epsilon:9.3g}" + "".join(cells))
        return "\n".join(rows)


def pair_distribution(
    likelihood: SmearedLikelihood,
    epsilon: ArrayLike,
    *,
    window: float = 2.0,
    replicas: int = 0,
    seed: int = 0,
    progress: bool = False,
) -> PairDistribution:
    r"""How the distances of all pairs are distributed, class by class, with errors.

    F_ab(ε) = #{pairs i ∈ a, j ∈ b, i ≠ j : d ≤ ε} / #{pairs},   D_ab(ε) = d ln F_ab/d ln ε

    Method: smearjax; pair distances as in arXiv:2501.07643. A jet takes part in many pairs, so

    Var(n) = C(N, 2) p(1 − p) + N(N − 1)(N − 2)(⟨p_x²⟩ − p²)        within a class
    Var(n) = N_q N_g [p(1 − p) + (N_g − 1)(⟨p_x²⟩_q − p²) + (N_q − 1)(⟨p_x²⟩_g − p²)]

    and likewise for the covariance of any two radii (U-statistics, estimated without bias). D is
    the slope of a local cubic in ln ε, linear in ln F, and its error follows from those. A parabola
    would be no more precise, as errors of neighbouring radii go together, and biased where D bends.
    Where the p_x hardly differ their variance drowns in noise: errors are at least those of pairs
    that share no jets.

    The bootstrap draws jets within each class and gives the pair i ≠ j the weight w_i w_j, so that
    copies of a jet never see each other. The two agree where jets, not pairs, are what is scarce;
    where few pairs lie within ε the bootstrap is too wide, by up to √3 in F.

    Args:
        likelihood: the jets; its kernel does not matter.
        epsilon: (E,) rising radii in GeV.
        window: half-width of the cubic's window, a factor in ε.
        replicas: bootstrap replicas; each costs about as much as two radii.
        seed: of the bootstrap.
        progress: show a bar over jets, and one over ε for the replicas.

    Returns:
        `PairDistribution`.

    Raises:
        ValueError: ε not positive and rising, window not above 1, jets of unequal weights.
        MemoryError: it would not fit; the message has the predicted bytes.

    >>> from smearjax import SmearedLikelihood, load_jets
    >>> likelihood = SmearedLikelihood(load_jets("sample")[:300])
    >>> pairs = pair_distribution(likelihood, [10.0, 20.0, 40.0])
    >>> pairs.qq.F, pairs.qq.F_err
    (array([0.087, 0.378, 0.730]), array([0.013, 0.038, 0.042]))
    """
    expect("likelihood", likelihood, SmearedLikelihood, "one made with SmearedLikelihood(jets)")
    expect_number("window", window, 1, np.inf, "a factor above 1")
    expect_whole("replicas", replicas, least=0)
    weight = np.asarray(likelihood.reference.weight)
    if not np.all(weight == weight[0]):
        raise ValueError(
            "the jets of likelihood have unequal weights, which counts of pairs know nothing of; "
            "make one of jets.replace(weight=None)"
        )
    grid = checked_grid(epsilon, likelihood.pt_ref.dtype)
    label = np.asarray(likelihood.label)
    n_jets = (int(np.sum(label == GLUON)), int(np.sum(label == QUARK)))
    moments = _moments(likelihood, grid, progress)
    covariance = covariance_of_fractions(moments, n_jets)
    total = all_pairs(n_jets)
    mixture = np.concatenate([np.eye(3), total[None] / total.sum()])
    fractions = mixture @ (moments.pairs / total[:, None])
    drawn = pair_replicas(likelihood, grid, replicas, seed, progress)
    drawn = np.einsum("ka,ace->kce", mixture, drawn)
    covariance = np.einsum("ka,kb,abef->kef", mixture, mixture, covariance)
    of_pairs = np.einsum("ka,aef->kef", mixture**2, covariance_of_pairs(moments, n_jets))
    numbers = [*total, total.sum()]
    jets = [n_jets[0], min(n_jets), n_jets[1], sum(n_jets)]
    curves = [
        _curve(
            grid,
            fractions[k],
            (covariance[k], of_pairs[k]),
            drawn[k],
            (int(numbers[k]), jets[k]),
            window,
        )
        for k in range(4)
    ]
    return PairDistribution(*curves, n_jets=n_jets, window=float(window))


def _curve(
    grid: Curve,
    fraction: Curve,
    covariances: tuple[Float[np.ndarray, "E E"], Float[np.ndarray, "E E"]],
    drawn: Curves,
    numbers: tuple[int, int],
    window: float,
) -> PairCurve:
    """One kind of pairs: its F, and the slope of ln F with its error.

    The covariance of F comes with the part that pairs alone have in it, the number of pairs with
    that of jets.
    """
    n_pairs, n_jets = numbers
    there = fraction > 0
    safe = np.where(there, fraction, 1.0)
    # What scarce pairs and scarce jets each contribute to the variance of ln F, roughly.
    weight = there / (1 / (n_pairs * safe) + 1 / n_jets)
    x = np.log(grid)
    rows = slope_rows(x, x, np.tile(weight, (len(grid), 1)), np.log(window), degree=3)
    rows = np.where(there[:, None], rows, np.nan)
    of_log = [covariance / np.outer(safe, safe) for covariance in covariances]
    variance = np.maximum(*(np.einsum("ae,ef,af->a", rows, some, rows) for some in of_log))
    of_f = np.maximum(*(np.diagonal(some) for some in covariances))
    empty = (drawn <= 0) & there
    dimension = np.log(np.where(drawn > 0, drawn, 1.0)) @ rows.T
    dimension[empty.astype(float) @ (rows != 0).T > 0] = np.nan
    return PairCurve(
        grid,
        fraction,
        np.sqrt(np.maximum(of_f, 0)),
        rows @ np.log(safe),
        np.sqrt(np.maximum(variance, 0)),
        covariances[0],
        drawn,
        dimension,
        n_pairs,
    )


def _moments(likelihood: SmearedLikelihood, grid: Curve, progress: bool) -> BallMoments:
    """Counts about every jet, a chunk of jets at a time, added up."""
    rows, classes = likelihood.leave_one_out.rows, likelihood.reference.classes
    radii = jnp.asarray(grid, likelihood.pt_ref.dtype)
    size = min(_CHUNK, len(rows.points))
    held = 2 * size * len(grid)
    expect_room({"counts": 4 * held}, {"counts": 12 * held}, "ask for fewer epsilon")
    kind = np.where(np.asarray(rows.own) != 0, [1 + GLUON, 1 + QUARK], 0).sum(axis=1) - 1
    parts = []
    with tqdm(total=len(likelihood.label), desc="F(ε)", unit="jet", disable=not progress) as bar:
        for begin in range(0, len(rows.points), size):
            # The last chunk is as long as the others; what it repeats counts for nothing.
            chunk = np.arange(begin, begin + size)
            new = chunk < len(rows.points)
            chunk = np.minimum(chunk, len(rows.points) - 1)
            counts = _counts(rows.points[chunk], classes.points, radii)
            label = np.where(new, kind[chunk], -1)
            parts.append(BallMoments.of(np.asarray(counts), label))
            bar.update(int(np.sum(label >= 0)))
    first, *others = parts
    for part in others:
        first = first + part
    return first


@jax.jit
def _counts(
    rows: Points, classes: tuple[Points, Points], radii: Float[Array, " E"]
) -> Int[Array, "N 2 E"]:
    """Gluons and quarks within each radius of every row, itself left out."""
    return jnp.stack([ball_counts(rows, points, radii) for points in classes], axis=1)
