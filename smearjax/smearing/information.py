"""The information per logarithm of scale: R(ε) and B(ε), what locates the scales that differ."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from tqdm import tqdm

from smearjax._expect import expect, expect_whole
from smearjax._numerics import ArrayLike
from smearjax.metric.pairs import Points
from smearjax.smearing.checks import checked_grid
from smearjax.smearing.kernels import Gaussian
from smearjax.smearing.likelihood import SmearedLikelihood
from smearjax.smearing.replicas import Columns, epsilon_groups
from smearjax.smearing.sums import GLUON, QUARK, ClassSums, Rows, class_sums

Curve = Float[np.ndarray, " E"]
# Replicas whose float64 numbers are held at once.
_COLUMNS = 8


@dataclass(frozen=True)
class Information:
    r"""R(ε), B(ε) and their slopes −d/d ln ε with standard errors.

    Arrays are (E,), all but `epsilon` dimensionless; `information` has the formulas and sources.

    Attributes:
        epsilon: resolutions in GeV.
        R: 1 − F_qg/√(F_qq F_gg), between 0 (alike at every scale above ε) and 1.
        R_err: standard error from the U-statistic's variance.
        minus_dR: −dR/d ln ε, exact.
        minus_dR_err: its standard error, from the same linearisation.
        B: mean signed vote of the neighbours, the locally normalised cross-check.
        B_err: standard deviation over bootstrap replicas.
        minus_dB: −dB/d ln ε, exact.
        minus_dB_err: its bootstrap error.
        n_jets: (gluons, quarks).
    """

    epsilon: Curve
    R: Curve
    R_err: Curve
    minus_dR: Curve
    minus_dR_err: Curve
    B: Curve
    B_err: Curve
    minus_dB: Curve
    minus_dB_err: Curve
    n_jets: tuple[int, int]

    def __str__(self) -> str:
        title = f"Information per ln ε from {self.n_jets[1]} quark and {self.n_jets[0]} gluon jets"
        head = "  ε [GeV]    R                −dR/dlnε         B                −dB/dlnε"
        r = (self.R, self.R_err, self.minus_dR, self.minus_dR_err)
        b = (self.B, self.B_err, self.minus_dB, self.minus_dB_err)
        cells = "{:9.3g}" + "    {:.3f} ± {:.3f}" * 4
        rows = [cells.format(*row) for row in zip(self.epsilon, *r, *b, strict=True)]
        return "\n".join([title, head, *rows])


def information(
    likelihood: SmearedLikelihood,
    epsilon: ArrayLike,
    *,
    replicas: int = 50,
    seed: int = 0,
    progress: bool = False,
) -> Information:
    r"""At which scales two classes differ, from all pairs of reference jets.

    F_ab(ε) = ⟨exp(−d²/2ε²)⟩ over pairs of classes a, b without self-pairs (a U-statistic)
    R(ε) = 1 − ρ,   ρ = F_qg/√(F_qq F_gg)        (−ln ρ: Cauchy–Schwarz divergence)
    −dR/d ln ε = ½ρ(2D_qg − D_qq − D_gg),   D_ab = d ln F_ab/d ln ε = ⟨d²/ε²⟩_ab
    B(ε) = E_x[s_x Σ_{j≠x} s_j K / Σ_{j≠x} K],   s = ±1, classes weighted alike

    A nuisance that is alike in both classes, d² = d²_nuisance + d²_signal, factorises out of the
    Gaussian kernel and cancels in ρ; so R does not depend on the number of jets and its slope
    peaks at the scale where the classes differ (a plant at ε0 with presence a, b in the classes:
    √2·ε_peak = κ(a, b)·ε0, κ near .8). R weights dense regions; claim a scale only where R and B
    agree. Method: smearjax; smearing after arXiv:2501.07643.

    Errors: Var(ln ρ) = Σ_c Var_c(h)/N_c with h(x) = f_other(x)/F_qg − f_own(x)/F_own, the
    influence of a jet; −dR/d ln ε likewise from its own influence; B by the bootstrap over jets.

    Args:
        likelihood: the reference jets, under a Gaussian kernel.
        epsilon: (E,) resolutions in GeV.
        replicas: bootstrap replicas for B, at least 2.
        seed: of the bootstrap.
        progress: show a bar over ε.

    Returns:
        `Information`. Where every pair lies so far beyond ε that F underflows, R is NaN. B never
        is: a jet votes 0 where nothing that can be told from 0 is left to vote (also in a replica
        that draws none of its neighbours).

    Raises:
        ValueError: the kernel is not Gaussian, ε not positive, or fewer than 2 replicas.

    >>> from smearjax import SmearedLikelihood, load_jets
    >>> from smearjax.smearing import information
    >>> info = information(SmearedLikelihood(load_jets("sample")[:300]), [20.0], replicas=5)
    >>> info.R, info.R_err        # at ε = 20 GeV
    (array([0.211]), array([0.043]))
    """
    expect(
        "likelihood",
        likelihood,
        SmearedLikelihood,
        "one made with SmearedLikelihood(jets)",
    )
    if not isinstance(likelihood.kernel, Gaussian):
        raise ValueError("R and B are defined with a Gaussian kernel; use with_kernel(Gaussian())")
    expect_whole("replicas", replicas, least=2)
    dtype = likelihood.pt_ref.dtype
    grid = checked_grid(epsilon, dtype)
    columns = Columns(likelihood, replicas, seed)
    label, query = np.asarray(likelihood.label), likelihood.leave_one_out
    results = []
    bar = tqdm(total=len(grid), desc="R(ε), B(ε)", unit="ε", disable=not progress)
    for rows, group in epsilon_groups(grid, len(label), 2 * (replicas + 1), dtype):
        asked = (likelihood.kernel, likelihood.reference.classes.points, columns.classes)
        sums, slopes = _sums_and_slopes(*asked, query.rows, jnp.log(group))
        for i in range(rows.stop - rows.start):
            scale = np.asarray(sums.log_scale[i], np.float64)[query.place]
            linear, slope = (np.asarray(part[i])[query.place] for part in (sums.linear, slopes))
            at_one = (scale, linear, slope, columns, label)
            results.append((*_r(*at_one), *_b(*at_one)))
            bar.update()
    bar.close()
    n_jets = (int(np.sum(label == GLUON)), int(np.sum(label == QUARK)))
    return Information(grid, *np.array(results).T, n_jets=n_jets)


@jax.jit
def _sums_and_slopes(
    kernel: Gaussian,
    points: tuple[Points, Points],
    weights: tuple[Array, Array],
    rows: Rows,
    log_epsilon: Float[Array, " E"],
) -> tuple[ClassSums, Float[Array, "E R 2 C"]]:
    """Leave-one-out sums of K and of dK/d ln ε in the same scale, from one pass."""

    def sums(log_epsilon: Array) -> ClassSums:
        return class_sums(kernel, points, weights, rows, jnp.exp(log_epsilon), squares=False)

    value, slope = jax.jvp(sums, (log_epsilon,), (jnp.ones_like(log_epsilon),))
    return value, slope.linear


def _r(log_scale, linear, slope, columns: Columns, label) -> tuple[float, float, float, float]:
    """R, −dR/d ln ε and their errors at one ε, from the data's column."""
    w = columns.every[:, 0]
    scale = np.exp(log_scale)
    f, g = scale * linear[..., 0], scale * slope[..., 0]
    own = [label == c for c in (GLUON, QUARK)]
    total = columns.totals[:, 0]

    def mean(rows: int, values: np.ndarray) -> np.ndarray:
        """Row sums of class `rows` divided so that their mean is the mean over pairs."""
        norm = total.copy()
        norm[rows] -= np.sum(w[own[rows]] ** 2) / total[rows]
        return values / norm

    def pair(a: int, b: int, values: np.ndarray) -> float:
        return float(np.sum(w[own[a]] * mean(a, values)[own[a], b]) / total[a])

    f_same = np.array([pair(c, c, f) for c in (GLUON, QUARK)])
    g_same = np.array([pair(c, c, g) for c in (GLUON, QUARK)])
    f_cross, g_cross = pair(QUARK, GLUON, f), pair(QUARK, GLUON, g)
    if min(f_cross, *f_same) <= 0:
        return np.nan, np.nan, np.nan, np.nan
    rho = f_cross / np.sqrt(f_same).prod()
    d_cross, d_same = g_cross / f_cross, g_same / f_same
    tilt = 2 * d_cross - d_same.sum()
    variance_r = variance_slope = 0.0
    for c in (GLUON, QUARK):
        fc, gc = mean(c, f)[own[c]], mean(c, g)[own[c]]
        other = 1 - c
        h = fc[:, other] / f_cross - fc[:, c] / f_same[c]
        k = 2 * (gc[:, other] - d_cross * fc[:, other]) / f_cross
        k = k - 2 * (gc[:, c] - d_same[c] * fc[:, c]) / f_same[c]
        share = w[own[c]] / total[c]
        variance_r += np.sum((share * h) ** 2)
        variance_slope += np.sum((share * (tilt * h + k)) ** 2)
    return (
        1 - rho,
        rho * np.sqrt(variance_r),
        0.5 * rho * tilt,
        0.5 * rho * np.sqrt(variance_slope),
    )


def _b(log_scale, linear, slope, columns: Columns, label) -> tuple[float, float, float, float]:
    """B, −dB/d ln ε and their bootstrap errors at one ε."""
    scale = np.exp(log_scale - log_scale.max(axis=1, keepdims=True))[..., None]
    found = []
    for begin in range(0, linear.shape[-1], _COLUMNS):
        some = slice(begin, begin + _COLUMNS)
        n, m = (scale * part[..., some] / columns.totals[:, some] for part in (linear, slope))
        balanced = columns.every[:, some] / columns.totals[label, some]
        found.append(_votes(n, m, balanced * np.where(label == QUARK, 0.5, -0.5)[:, None]))
    b, minus_db = np.concatenate(found, axis=1)
    return b[0], b[1:].std(ddof=1), minus_db[0], minus_db[1:].std(ddof=1)


def _votes(n, m, signed) -> Float[np.ndarray, "2 C"]:
    """B and −dB/d ln ε from class densities, their slopes and signed weights of the jets."""
    volume = n.sum(axis=1, keepdims=True)
    heard = volume > 0
    # Shares before products: where a replica leaves out all that is near, products underflow.
    share, drift = (np.where(heard, part / np.where(heard, volume, 1.0), 0.0) for part in (n, m))
    vote = share[:, QUARK] - share[:, GLUON]
    turn = 2 * (drift[:, QUARK] * share[:, GLUON] - share[:, QUARK] * drift[:, GLUON])
    return np.stack([np.sum(signed * vote, axis=0), -np.sum(signed * turn, axis=0)])
