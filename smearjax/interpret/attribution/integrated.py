"""Integrated gradients along straight lines between distributions of momentum."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int
from numpy.typing import ArrayLike

from smearjax._expect import expect, expect_rows, expect_whole
from smearjax.interpret.attribution.exchange import laid_on
from smearjax.interpret.attribution.gradients import put_back
from smearjax.interpret.attribution.plan import transport_plan
from smearjax.interpret.attribution.replacements import Replacements
from smearjax.interpret.batches import Score, in_batches, of_jets, scores_of
from smearjax.jets.container import Jets
from smearjax.jets.transforms import center
from smearjax.networks import JetNetwork


@dataclass(frozen=True)
class IntegratedGradients:
    """What each particle adds to a score beyond that of a baseline, in units of the score.

    Source: integrated gradients; see `integrated_gradients`.

    Attributes:
        rows: (R,) numbers of the jets explained.
        values: (R, n), 0 in the padding; NaN for jets without replacements.
        errors: (R, n) standard errors of means over draws; NaN with one baseline.
        score: (R,) f of the jets.
        base: (R,) f of the baseline, mean over draws.
        missing: (R,) score − base − Σ values: what the quadrature loses, and what a score that is
            not infrared safe says of particles without momentum being there.
        epsilon: resolution in GeV of the balls that baselines came from, ∞ for draws from all jets,
            NaN for other baselines.
    """

    rows: Int[np.ndarray, " R"]
    values: Float[np.ndarray, "R n"]
    errors: Float[np.ndarray, "R n"]
    score: Float[np.ndarray, " R"]
    base: Float[np.ndarray, " R"]
    missing: Float[np.ndarray, " R"]
    epsilon: float


def integrated_gradients(
    score: JetNetwork | Score,
    jets: Jets,
    baseline: Jets | Replacements | None = None,
    *,
    rows: ArrayLike | None = None,
    steps: int = 32,
) -> IntegratedGradients:
    r"""What each particle adds to a score beyond that of a baseline jet.

    Jet A and its baseline B are distributions of momentum fractions over (y, φ), and
    E_t = (1−t) E_B + t E_A leads from one to the other through distributions that hold particles of
    both, whatever their numbers. With ψ_t(p) = ∂f/∂z at p along it,

    φ_i = Σ_{j∈B} T_ij ∫₀¹ dt [ψ_t(p_i) − ψ_t(p_j)],     Σ_i φ_i = f(A) − f(B):

    particle i gets its momentum z_i = Σ_j T_ij from the particles of B, as near as there are: T is
    about the plan of least Σ T_ij |p_i − p_j|² (scalings with a blur that falls to .005 radians),
    so that what both jets have in the same place counts for little. A constant added to ψ, which
    fractions of sum 1 leave open, drops out.

    The baseline is by default a single particle at the pT centroid: a jet without substructure. It
    may be another jet for each jet, or draws: then it is each of the jets drawn in turn, turned and
    reflected about its centroid onto the jet's axes and scaled to its pT (as for
    `particle_importance`), and values are means. With draws from the ε-ball (`draw_replacements`)
    they say which particles make this jet's score differ from those of the jets around it, paths
    go through jets alike, and the base is about the smeared score: exactly for scores that do not
    change when a jet is turned.

    Args:
        score: a `JetNetwork`, or a function of N jets (under JAX transformations) to (N,) scores,
            each of its own jet only.
        jets: N jets, pT in GeV.
        baseline: None, N jets, or `Replacements` of the same N jets.
        rows: (R,) numbers of the jets to explain; all if None.
        steps: nodes of the Gauss–Legendre rule in t.

    Returns:
        `IntegratedGradients` in the layout of the jets explained. Look at `missing`: completeness
        is checked there, not enforced.

    Raises:
        ValueError: arguments of the wrong kind, a baseline of other jets.
        JetsError: the network needs pid and the jets have none.

    Source: integrated gradients; the path through momentum distributions is smearjax's own.

    >>> def girth2(jets):
    ...     return (jets.pt * (jets.y**2 + jets.phi**2)).sum(axis=1) / jets.pt.sum(axis=1)
    >>> jets = Jets(pt=[[300.0, 100.0]], y=[[0.1, -0.3]], phi=[[0.0, 0.0]])
    >>> found = integrated_gradients(girth2, jets)
    >>> found.values
    array([[0.0075, 0.0225]])
    """
    expect("jets", jets, Jets, "Jets, from load_jets(...) or Jets(pt, y, phi)")
    expect_whole("steps", steps, least=1)
    function = of_jets(score, jets)
    asked = np.arange(len(jets)) if rows is None else expect_rows("rows", rows, len(jets))
    if baseline is not None:
        _expect_of(jets, baseline)
    host: Jets = jax.tree.map(np.asarray, jets)
    drawn = isinstance(baseline, Replacements)
    there = baseline.there[asked] if drawn else np.ones(len(asked), bool)
    if not there.any():
        raise ValueError("no jet has replacements; give a larger epsilon")
    explained, mine = host[asked], host[asked[there]]
    total, square = np.zeros((2, *mine.pt.shape))
    base, number = np.zeros(len(mine)), 0
    for other in _baselines(host, asked[there], baseline):
        one = _along_lines(function, mine, other, steps)
        base += scores_of(score, other)
        total += one
        square += one**2
        number += 1
    values, errors = np.full((2, *explained.pt.shape), np.nan)
    base_score, missing = np.full((2, len(asked)), np.nan)
    values[there], base_score[there] = total / number, base / number
    if number > 1:
        spread = np.maximum(square / number - values[there] ** 2, 0.0)
        errors[there] = np.sqrt(spread / (number - 1))
    scores = scores_of(score, explained)
    missing[there] = scores[there] - base_score[there] - values[there].sum(axis=1)
    epsilon = baseline.epsilon if drawn else float("nan")
    return IntegratedGradients(asked, values, errors, scores, base_score, missing, epsilon)


def _expect_of(jets: Jets, baseline: Jets | Replacements) -> None:
    """Raise ValueError unless the baseline is one of the jets."""
    expect("baseline", baseline, (Jets, Replacements), "Jets, Replacements of the jets, or None")
    if len(baseline) != len(jets):
        raise ValueError(f"baseline is of {len(baseline)} jets and there are {len(jets)}")


def _baselines(
    jets: Jets, rows: Int[np.ndarray, " r"], baseline: Jets | Replacements | None
) -> Iterator[Jets]:
    """Each baseline of some jets, scaled to their pT."""
    if baseline is None:
        yield _at_the_axis(jets[rows])
        return
    if isinstance(baseline, Replacements):
        for drawn in baseline.index[rows].T:
            yield laid_on(jets, rows, drawn)
        return
    some = baseline[rows]
    pid = None if jets.pid is None else some.pid
    scale = (jets.total_pt[rows] / some.total_pt)[:, None]
    yield Jets(some.pt * scale, some.y, some.phi, some.mask, pid)


def _at_the_axis(jets: Jets) -> Jets:
    """One particle at the pT centroid of each jet, of no known kind."""
    about = center(jets)
    hardest = np.argmax(jets.pt, axis=1)[:, None]
    y, phi = (
        np.take_along_axis(given - off, hardest, axis=1)
        for given, off in ((jets.y, about.y), (jets.phi, about.phi))
    )
    pid = None if jets.pid is None else np.zeros_like(jets.pid[:, :1])
    return Jets(jets.total_pt[:, None], y, phi, np.ones(y.shape, bool), pid)


def _along_lines(score: Score, jets: Jets, other: Jets, steps: int) -> Float[np.ndarray, "N n"]:
    """Values of the particles of the jets for one baseline each."""
    pt, y, phi, mask = (
        np.concatenate([np.asarray(getattr(one, name)) for one in (jets, other)], axis=1)
        for name in ("pt", "y", "phi", "mask")
    )
    pid = None
    if jets.pid is not None and other.pid is not None:
        pid = np.concatenate([jets.pid, other.pid], axis=1)
    both = Jets(pt, y, phi, mask, pid)
    node, share = np.polynomial.legendre.leggauss(steps)
    rule = jnp.asarray([0.5 * (node + 1), 0.5 * share], both.pt.dtype)
    count = np.asarray(jets.multiplicity)
    values = np.zeros(jets.pt.shape)
    for rows, some in in_batches(both):
        own = np.arange(some.pt.shape[1]) < np.resize(count[rows], len(some))[:, None]
        found = np.asarray(_integral(score, some, jnp.asarray(own), rule))
        put_back(values, np.asarray(jets.mask), rows, found)
    return values


@eqx.filter_jit
def _integral(
    score: Score, both: Jets, own: Bool[Array, "N n"], rule: Float[Array, "2 s"]
) -> Float[Array, "N n"]:
    """Values of the jets' own particles, those of the baseline standing behind them."""

    def at(total: Array, node: Array) -> tuple[Array, None]:
        pt = both.pt * jnp.where(own, node[0], 1 - node[0])
        slope = jax.grad(lambda pt: score(eqx.tree_at(lambda j: j.pt, both, pt)).sum())(pt)
        return total + node[1] * slope, None

    slope, _ = jax.lax.scan(at, jnp.zeros_like(both.pt), rule.T)
    mine, other = (jnp.where(side & both.mask, both.pt, 0.0) for side in (own, ~own))
    whole = mine.sum(axis=1, keepdims=True)
    place = jnp.stack([both.y, both.phi], axis=2)
    plan = jax.vmap(transport_plan)(mine / whole, other / whole, place, place)
    # Padding may have any slope.
    slope = jnp.where(both.mask, slope * whole, 0.0)
    return plan.sum(axis=2) * slope - jnp.einsum("nij,nj->ni", plan, slope)
