"""What R(ε) and B(ε) look like where labels mean nothing: the band of permuted labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from smearjax._expect import expect, expect_whole
from smearjax._numerics import ArrayLike
from smearjax.smearing.checks import checked_grid
from smearjax.smearing.columns import Permutations
from smearjax.smearing.contrasts import contrast, pair_means, votes
from smearjax.smearing.information import Information
from smearjax.smearing.likelihood import SmearedLikelihood
from smearjax.smearing.moments import column_groups, expect_gaussian, kernel_moments
from smearjax.smearing.sums import GLUON, QUARK

Curves = Float[np.ndarray, "P E"]


@dataclass(frozen=True)
class NullBand:
    """R(ε), B(ε) and their slopes under permuted labels.

    Arrays are (P, E), one row a permutation, all but `epsilon` dimensionless.

    Attributes:
        epsilon: (E,) resolutions in GeV.
        R: R(ε); NaN where F underflows.
        minus_dR: −dR/d ln ε.
        B: B(ε).
        minus_dB: −dB/d ln ε.
        n_jets: (gluons, quarks), as many in every permutation.
    """

    epsilon: Float[np.ndarray, " E"]
    R: Curves
    minus_dR: Curves
    B: Curves
    minus_dB: Curves
    n_jets: tuple[int, int]

    def band(self, curve: str, coverage: float = 0.95) -> Float[np.ndarray, "2 E"]:
        """Central interval of one curve at every ε, dimensionless.

        Args:
            curve: "R", "minus_dR", "B" or "minus_dB".
            coverage: fraction of the permutations inside at each ε.

        Returns:
            (2, E): lower and upper ends.

        Raises:
            AttributeError: no such curve.

        Source: the permutation distribution, smearjax's own.

        >>> from smearjax import SmearedLikelihood, load_jets
        >>> from smearjax.smearing import permuted
        >>> null = permuted(SmearedLikelihood(load_jets("sample")[:300]), [20.0], permutations=40)
        >>> null.band("R")        # at ε = 20 GeV
        array([[-0.009],
               [ 0.006]])
        """
        tail = 0.5 * (1 - coverage)
        return np.nanquantile(getattr(self, curve), (tail, 1 - tail), axis=0)

    def p_value(self, info: Information, curve: str = "minus_dB") -> float:
        r"""How often permuted labels stand out at any ε as much as the true ones do.

        p = (1 + #{permutations with T ≥ T_data})/(1 + P),   T = max_ε (curve − mean)/σ,

        with mean and σ of the permutations at each ε, so that looking at all scales is paid for.

        Args:
            info: `information` of the same jets at the same ε.
            curve: "R", "minus_dR", "B" or "minus_dB".

        Returns:
            A probability, dimensionless; at least 1/(1 + P).

        Raises:
            ValueError: ε of another grid.

        Source: the maximum statistic of permutation tests, smearjax's own choice.

        >>> from smearjax import SmearedLikelihood, information, load_jets
        >>> from smearjax.smearing import permuted
        >>> likelihood = SmearedLikelihood(load_jets("sample")[:300])
        >>> null = permuted(likelihood, [10.0, 30.0], permutations=39)
        >>> null.p_value(information(likelihood, [10.0, 30.0], replicas=2))
        0.025
        """
        if not np.array_equal(info.epsilon, self.epsilon):
            raise ValueError("info has another grid of epsilon than the permutations")
        rows = np.concatenate([getattr(info, curve)[None], getattr(self, curve)])
        known = np.isfinite(rows).all(axis=0)
        rows = rows[:, known]
        pulls = (rows - rows[1:].mean(axis=0)) / rows[1:].std(axis=0, ddof=1)
        largest = pulls.max(axis=1)
        return float((1 + np.sum(largest[1:] >= largest[0])) / len(largest))

    def __str__(self) -> str:
        head = "  ε [GeV]    R (95 %)            −dR/dlnε (95 %)     −dB/dlnε (95 %)"
        bands = [self.band(curve) for curve in ("R", "minus_dR", "minus_dB")]
        cells = "{:9.3g}" + "    {:7.4f} … {:7.4f}" * 3
        rows = [
            cells.format(epsilon, *(end[e] for band in bands for end in band))
            for e, epsilon in enumerate(self.epsilon)
        ]
        title = (
            f"{len(self.R)} permutations of {self.n_jets[1]} quark, {self.n_jets[0]} gluon labels"
        )
        return "\n".join([title, head, *rows])


def permuted(
    likelihood: SmearedLikelihood,
    epsilon: ArrayLike,
    *,
    permutations: int = 100,
    seed: int = 0,
    progress: bool = False,
) -> NullBand:
    r"""R(ε) and B(ε) of the same jets with their labels permuted, in one pass over the pairs.

    Under the null hypothesis labels are exchangeable, so the curves of permuted labels are draws
    from the distribution of the curves. As many jets of each class; weights stay with their jets.
    Sums over pairs with P labellings are P weight columns: the distances are made once.

    Args:
        likelihood: the reference jets, under a Gaussian kernel.
        epsilon: (E,) resolutions in GeV.
        permutations: P, at least 2; 100 to quote a 95 % band.
        seed: of the permutations.
        progress: show a bar over ε.

    Returns:
        `NullBand`.

    Raises:
        ValueError: the kernel is not Gaussian, ε not positive, or fewer than 2 permutations.
        MemoryError: it would not fit; the message has the predicted bytes.

    Source: R and B as in `information`; permutation tests.

    >>> from smearjax import SmearedLikelihood, load_jets
    >>> from smearjax.smearing import permuted
    >>> permuted(SmearedLikelihood(load_jets("sample")[:300]), [20.0], permutations=3).B[:, 0]
    array([-0.009, -0.006, -0.009])
    """
    expect("likelihood", likelihood, SmearedLikelihood, "one made with SmearedLikelihood(jets)")
    expect_gaussian(likelihood)
    expect_whole("permutations", permutations, least=2)
    grid = checked_grid(epsilon, likelihood.pt_ref.dtype)
    columns = Permutations(likelihood, permutations, seed)
    moments = kernel_moments(likelihood, grid, columns.classes, "permuted labels", progress)
    curves = np.empty((4, len(grid), permutations))
    for e, moment in enumerate(moments):
        for some in column_groups(permutations):
            member = columns.member(some)
            means = pair_means(*columns.sums(moment, moment.scale, some), member)
            curves[:2, e, some] = contrast(means)
            curves[2:, e, some] = votes(*columns.sums(moment, moment.relative_scale, some), member)
    label = np.asarray(likelihood.label)
    n_jets = (int(np.sum(label == GLUON)), int(np.sum(label == QUARK)))
    return NullBand(grid, *np.moveaxis(curves, 2, 1), n_jets=n_jets)
