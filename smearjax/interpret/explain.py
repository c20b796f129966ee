"""The flow of one jet: what its smeared likelihood says at every ε, why, and where it turns."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
from jaxtyping import Float

from smearjax._expect import expect, expect_number, expect_whole
from smearjax._numerics import ArrayLike
from smearjax.interpret.crossings import zero_crossings
from smearjax.interpret.explanation import Explanation, Flip
from smearjax.interpret.jet_flow import FlowAt, JetFlow
from smearjax.interpret.neighbourhood import Surroundings
from smearjax.jets.container import Jets
from smearjax.smearing.checks import checked_grid, checked_values
from smearjax.smearing.likelihood import SmearedLikelihood
from smearjax.smearing.sums import GLUON, QUARK, Queries


def explain(
    likelihood: SmearedLikelihood,
    jet: int | Jets,
    epsilon: ArrayLike,
    *,
    values: ArrayLike | None = None,
    level: float = 0.0,
    shown_at: ArrayLike | None = None,
    neighbours: int = 4,
    replicas: int = 50,
    seed: int = 0,
) -> Explanation:
    r"""Why one jet is called a quark or a gluon jet: its log ratio against ε, and what is near it.

    ln L(x|ε) = ln [n_q(x,ε)/W_q] − ln [n_g(x,ε)/W_g]

    flows from what the nearest jets say at small ε to 0, where every jet looks alike. Its slope is
    exact: for the Gaussian kernel d ln L/d ln ε = ⟨d²/ε²⟩_q − ⟨d²/ε²⟩_g over the kernel weights, so
    the log ratio falls with ε where the gluons of the ball lie further out. A flip is an ε at which
    it changes sign. The band comes from the bootstrap over the reference jets, class by class, all
    replicas in one pass; the jet itself is in none of them.

    Args:
        likelihood: the reference jets and the kernel.
        jet: the number of a reference jet, which is then left out, or another jet: `Jets` that hold
            one, as `jets[:1]`.
        epsilon: (E,) rising resolutions in GeV.
        values: (N,) a function of the reference jets, a network's scores say, to smear in place
            of the labels, see `SmearedLikelihood.smear`.
        level: the value above which a jet is called a quark jet: 0 for ln L, ½ for a network's
            probabilities.
        shown_at: (S,) resolutions in GeV at which jets of the ball are picked; by default three of
            the grid: its ends, as far as the ball is not empty, and the middle.
        neighbours: k, jets picked in each ball.
        replicas: bootstrap replicas, at least 2.
        seed: of the bootstrap.

    Returns:
        `Explanation`. Where the ball is empty it has the value for that (L = 1, or the mean of the
        values), no slope and no band. A compact kernel has no slope. Flips are looked for between
        ε of the grid whose balls say something; two of a soft kernel between neighbours of the grid
        are found from the slopes there, two of a compact one are not.

    Raises:
        ValueError: no such jet, or several; ε not positive and rising; values that do not fit the
            reference; fewer than 2 replicas.
        MemoryError: the replicas would not fit; the message has the predicted bytes.

    Source: smearjax's own, of the smearing of arXiv:2501.07643.

    >>> from smearjax import SmearedLikelihood, load_jets
    >>> from smearjax.interpret.explain import explain
    >>> found = explain(SmearedLikelihood(load_jets("sample")[:300]), 21, [5.0, 10.0, 20.0])
    >>> found.value, found.slope
    (array([-0.758,  0.011,  0.260]), array([1.384, 0.793, 0.007]))
    >>> print(found.flips[0])
    gluon below, quark above ε = 9.86 ± 1.6 GeV
    """
    expect("likelihood", likelihood, SmearedLikelihood, "one made with SmearedLikelihood(jets)")
    expect_whole("neighbours", neighbours, least=1)
    expect_whole("replicas", replicas, least=2)
    expect_number("level", level, -np.inf, np.inf, "a finite number")
    dtype = likelihood.pt_ref.dtype
    grid = checked_grid(epsilon, dtype)
    number, label, query = _asked_about(likelihood, jet)
    smeared = None
    if values is not None:
        smeared = checked_values(likelihood.label.size, values).astype(dtype)
    flow = JetFlow(likelihood, query, number, smeared, replicas, seed)
    found = flow.at(grid)
    told = found.told
    shown = _shown(grid, ~found.empty) if shown_at is None else checked_grid(shown_at, dtype)
    surroundings = Surroundings(likelihood, query)
    return Explanation(
        jet=number,
        label=label,
        quantity="ln L" if values is None else "f",
        level=float(level),
        epsilon=grid,
        value=found.value[:, 0],
        lo=np.where(told, found.value[:, 0] + found.spread(0.16), np.nan),
        hi=np.where(told, found.value[:, 0] + found.spread(0.84), np.nan),
        bias=np.where(told, found.value[:, 1:].mean(axis=1) - found.value[:, 0], np.nan),
        slope=np.where(told, found.slope[:, 0], np.nan),
        slope_err=np.where(told, found.slope[:, 1:].std(axis=1, ddof=1), np.nan),
        n_eff=found.n_eff,
        empty=found.empty,
        one_class=found.one_class,
        nonpositive=found.nonpositive,
        flips=_flips(flow, grid, found, float(level)),
        neighbourhoods=tuple(surroundings.within(float(e), neighbours) for e in shown),
        convention=likelihood.convention,
        n_jets=(int(np.sum(likelihood.label == GLUON)), int(np.sum(likelihood.label == QUARK))),
    )


def _asked_about(likelihood: SmearedLikelihood, jet: Any) -> tuple[int | None, int | None, Queries]:
    """The jet's number in the reference, its label, and the jet as the only query."""
    if isinstance(jet, Jets):
        if len(jet) != 1:
            raise ValueError(f"jet holds {len(jet)} jets; give one, as jets[:1]")
        label = None if jet.label is None else int(jet.label[0])
        return None, label, likelihood.queries(jet)
    n = likelihood.label.size
    try:
        number = operator.index(jet)
    except TypeError:
        raise ValueError(
            f"jet is a {type(jet).__name__}; expected the number of a reference jet or Jets of one"
        ) from None
    if not -n <= number < n:
        raise ValueError(f"jet {number} is not among the {n} reference jets")
    number %= n
    every = likelihood.leave_one_out
    row = slice(int(every.place[number]), int(every.place[number]) + 1)
    query = likelihood.reference.queries(every.rows.points[row], every.rows.own[row])
    return number, int(likelihood.label[number]), query


def _flips(flow: JetFlow, grid: Float[np.ndarray, " E"], found: FlowAt, level: float) -> tuple:
    """Every ε at which the value passes the level, with its error."""
    crossings = zero_crossings(
        lambda x: flow.above(level, x),
        np.log(grid),
        np.where(found.told, found.value[:, 0] - level, 0.0),
        found.slope[:, 0],
    )
    flips = []
    for crossing in crossings:
        there = flow.at(np.exp([crossing.x]))
        epsilon, slope = float(np.exp(crossing.x)), float(there.slope[0, 0])
        error = np.std(there.value[0, 1:], ddof=1) / abs(slope) * epsilon if slope else np.nan
        below = GLUON if crossing.rises else QUARK
        flips.append(Flip(epsilon, float(error), slope, below, 1 - below))
    return tuple(flips)


def _shown(grid: Float[np.ndarray, " E"], told: np.ndarray) -> Float[np.ndarray, " S"]:
    """The first, the middle and the last ε of the grid at which the ball is not empty."""
    there = grid[told]
    return there[np.unique([0, (len(there) - 1) // 2, len(there) - 1])] if len(there) else there
