"""The information per logarithm of scale: R(ε) and B(ε), what locates the scales that differ."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import numpy as np
from jaxtyping import Float

from smearjax._expect import expect, expect_whole
from smearjax._numerics import ArrayLike
from smearjax.smearing.checks import checked_grid, checked_probability
from smearjax.smearing.columns import Columns, SoftColumns
from smearjax.smearing.contrasts import contrast, contrast_errors, pair_means, votes
from smearjax.smearing.likelihood import SmearedLikelihood
from smearjax.smearing.moments import column_groups, expect_gaussian, kernel_moments
from smearjax.smearing.sums import GLUON, QUARK

Curve = Float[np.ndarray, " E"]
Curves = Float[np.ndarray, "C E"]


@dataclass(frozen=True)
class Information:
    r"""R(ε), B(ε) and their slopes −d/d ln ε with standard errors.

    Arrays are (E,), those of replicas (C, E), all but `epsilon` dimensionless; `information` has
    the formulas and sources.

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
        R_replicas: R of each bootstrap replica; NaN where F underflows.
        minus_dR_replicas: −dR/d ln ε of each.
        B_replicas: B of each.
        minus_dB_replicas: −dB/d ln ε of each.
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
    R_replicas: Curves
    minus_dR_replicas: Curves
    B_replicas: Curves
    minus_dB_replicas: Curves
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
    probability: ArrayLike | None = None,
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

    With `probability` c of a network in place of the labels, jet x is c(x) of a quark jet and
    1 − c(x) of a gluon jet, s_x = 2c(x) − 1. A network that gives c = p(quark|x) has the curves of
    the labels, up to their noise; where its curve stays below theirs, it has not learned what the
    classes differ in at that scale.

    Args:
        likelihood: the reference jets, under a Gaussian kernel.
        epsilon: (E,) resolutions in GeV.
        probability: (reference jets,) of being a quark jet, such as 1/(1 + exp(−logit)), of a
            network trained on other jets; None for the labels.
        replicas: bootstrap replicas for B, at least 2.
        seed: of the bootstrap.
        progress: show a bar over ε.

    Returns:
        `Information`. Where every pair lies so far beyond ε that F underflows, R is NaN. B never
        is: a jet votes 0 where nothing that can be told from 0 is left to vote (also in a replica
        that draws none of its neighbours).

    Raises:
        ValueError: the kernel is not Gaussian, ε not positive, fewer than 2 replicas, or
            probabilities that are none or do not fit the reference.

    >>> from smearjax import SmearedLikelihood, load_jets
    >>> from smearjax.smearing import information
    >>> info = information(SmearedLikelihood(load_jets("sample")[:300]), [20.0], replicas=5)
    >>> info.R, info.R_err        # at ε = 20 GeV
    (array([0.211]), array([0.043]))
    """
    expect("likelihood", likelihood, SmearedLikelihood, "one made with SmearedLikelihood(jets)")
    expect_gaussian(likelihood)
    expect_whole("replicas", replicas, least=2)
    dtype = likelihood.pt_ref.dtype
    grid = checked_grid(epsilon, dtype)
    label = np.asarray(likelihood.label)
    if probability is None:
        columns = Columns(likelihood, replicas, seed)
    else:
        columns = SoftColumns(
            likelihood, checked_probability(len(label), probability), replicas, seed
        )
    curves, errors = np.empty((4, len(grid), replicas + 1)), np.empty((2, len(grid)))
    moments = kernel_moments(likelihood, grid, columns.classes, "R(ε), B(ε)", progress)
    for e, moment in enumerate(moments):
        for some in column_groups(replicas + 1):
            member = columns.member(some)
            f, g = columns.sums(moment, moment.scale, some)
            means = pair_means(f, g, member)
            if some.start == 0:
                data = jax.tree.map(lambda x: x[..., :1], (f, g, member, means))
                errors[:, e] = np.ravel(contrast_errors(*data))
            curves[:2, e, some] = contrast(means)
            curves[2:, e, some] = votes(*columns.sums(moment, moment.relative_scale, some), member)
    point, spread = curves[..., 0], np.moveaxis(curves[..., 1:], 2, 1)
    (r, minus_dr, b, minus_db), (r_err, minus_dr_err) = point, errors
    b_err, minus_db_err = spread[2:].std(axis=1, ddof=1)
    known = (r, r_err, minus_dr, minus_dr_err, b, b_err, minus_db, minus_db_err)
    n_jets = (int(np.sum(label == GLUON)), int(np.sum(label == QUARK)))
    return Information(grid, *known, *spread, n_jets=n_jets)
