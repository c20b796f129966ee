"""Permutation importance: what a score loses when a part of each jet is another jet's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import ArrayLike
from tqdm import tqdm

from smearjax._expect import expect
from smearjax.evaluate import Interval, ado, auc, bootstrap_interval
from smearjax.evaluate.checks import as_signal, as_weight
from smearjax.interpret.attribution.exchange import checked_masks, with_particles_of
from smearjax.interpret.attribution.replacements import Replacements
from smearjax.interpret.attribution.tables import (
    TableFunction,
    ask,
    checked_groups,
    checked_together,
    exchanged,
)
from smearjax.interpret.batches import Score, of_jets, scores_of
from smearjax.jets.container import Jets
from smearjax.networks import JetNetwork
from smearjax.observables.library import ObservableLibrary

_REPLICAS = 100

Changed = Callable[[Int[np.ndarray, " r"], Int[np.ndarray, " r"]], Float[np.ndarray, " r"]]


@dataclass(frozen=True)
class Importance:
    """What is lost when one group of properties after another is exchanged.

    Source: permutation importance; see `permutation_importance`. Everything but ε is dimensionless.

    Attributes:
        reordered: for each group the share of the quark–gluon pairs that are ordered otherwise,
            1 − ADO of the score before and after.
        auc_loss: AUC before less AUC after.
        auc: before.
        epsilon: resolution in GeV of the balls that replacements came from, or ∞.
        left_out: share of the jets without replacements, which count nowhere.
        n_jets: number of those that count.
    """

    reordered: dict[str, Interval]
    auc_loss: dict[str, Interval]
    auc: Interval
    epsilon: float
    left_out: float
    n_jets: int

    @property
    def ranking(self) -> tuple[str, ...]:
        """Groups by falling share of reordered pairs; no unit."""
        return tuple(sorted(self.reordered, key=lambda name: -self.reordered[name].value))

    def __str__(self) -> str:
        width = max(map(len, self.reordered)) + 2
        whence = "all jets" if np.isinf(self.epsilon) else f"balls of ε = {self.epsilon:.3g} GeV"
        lines = [
            f"replacements from {whence}; {self.n_jets:,} jets, {self.left_out:.1%} left out; AUC "
            f"{self.auc.value:.4f}",
            f"{'':<{width}}{'pairs reordered':>18}{'loss of AUC':>20}",
        ]
        for name in self.ranking:
            both = (self.reordered[name], self.auc_loss[name])
            cells = (f"{one.value:.4f} ± {0.5 * (one.hi - one.lo):.4f}" for one in both)
            lines.append(f"{name:<{width}}" + "".join(f"{cell:>19}" for cell in cells))
        return "\n".join(lines)


def permutation_importance(
    function: TableFunction,
    library: ObservableLibrary,
    label: ArrayLike | None,
    replacements: Replacements,
    weight: ArrayLike | None = None,
    *,
    groups: Mapping[str, Sequence[str]] | None = None,
    seed: int = 0,
) -> Importance:
    r"""How much a function of observables hangs on each of them, or on groups of them.

    For each jet i and each draw j out of its `Replacements`, the group's observables are those of
    jet j and all others those of jet i. Compared are the scores before and after: the share of
    quark–gluon pairs that change their order, 1 − ADO (arXiv:2010.11998), and the loss of AUC.

    With draws from all jets (`marginal_replacements`) this is permutation importance as usual. It
    asks the function about rows that no jet has if observables are correlated: one of two
    near-duplicates is exchanged and the other is not. With draws from the ε-ball
    (`draw_replacements`) rows stay within about ε of jets that exist, and the answer is which
    observables the function needs to tell jets apart that are closer than ε. It vanishes as ε → 0.
    Near-duplicates are best put into one group.

    Intervals come from the bootstrap over jets, of the mean over draws. Draws of different jets are
    independent, so that it covers the randomness of the draws too.

    Args:
        function: of (n, k) observables in the library's order to (n,) scores; a `Surrogate`, say.
        library: k observables of N jets.
        label: (N,) 1 = quark, 0 = gluon.
        replacements: of the same jets.
        weight: (N,) event weights; ones if None.
        groups: names of observables by name of the group; each alone if None.
        seed: of the bootstrap.

    Returns:
        `Importance`.

    Raises:
        ValueError: arguments of the wrong kind or of different jets; scores that are not finite;
            no replacements for a whole class.

    Source: permutation importance; replacements from ε-balls are smearjax's own.

    >>> from smearjax.interpret import marginal_replacements
    >>> rng = np.random.default_rng(0)
    >>> label = np.arange(600) % 2
    >>> library = ObservableLibrary({name: label + rng.normal(size=600) for name in "abc"})
    >>> lost = permutation_importance(
    ...     lambda x: 2 * x[:, 0] + x[:, 1], library, label, marginal_replacements(600)
    ... )
    >>> lost.ranking, lost.reordered["c"].value
    (('a', 'b', 'c'), 0.0)
    """
    checked_together(library, replacements)
    if not callable(function):
        raise ValueError(f"function is a {type(function).__name__}; expected one of (n, k) tables")
    columns = checked_groups(library, groups)
    table = library.columns(tuple(library.values))

    def changed(name: str) -> Changed:
        return lambda rows, drawn: ask(function, exchanged(table, rows, drawn, columns[name]))

    before = ask(function, table)
    parts = {name: changed(name) for name in columns}
    return _importance(before, parts, label, weight, replacements, seed, progress=False)


def particle_importance(
    score: JetNetwork | Score,
    jets: Jets,
    groups: Mapping[str, ArrayLike],
    replacements: Replacements,
    *,
    seed: int = 0,
    progress: bool = False,
) -> Importance:
    r"""How much a network hangs on each group of a jet's particles.

    For each jet i and each draw j out of its `Replacements`, the group's particles are those of jet
    j and all others those of jet i. Jet j is first turned and reflected about its pT centroid so
    that its principal axis and its heavier halves lie as those of jet i do, for a distance between
    jets in SEMD does not see how they are turned, and its momenta are scaled to the total pT of
    jet i. Groups may hold different shares of the momentum, so that the total may change.

    All else is as for `permutation_importance`: with draws from all jets, soft radiation of a
    narrow jet may surround the core of a wide one; with draws from the ε-ball it is that of a jet
    alike. The kinds and ranks of particles and their distances are `particle_groups`.

    Args:
        score: a `JetNetwork`, or a function of N jets (under JAX transformations) to (N,) scores.
        jets: N labelled jets, pT in GeV.
        groups: (N, n) masks by name, True for the particles of the group, in jets' layout.
        replacements: of the same jets.
        seed: of the bootstrap.
        progress: show a bar over the groups.

    Returns:
        `Importance`.

    Raises:
        ValueError: arguments of the wrong kind or of different jets; masks of another shape; jets
            without labels; an exchange that leaves a jet without particles.
        JetsError: the network needs pid and the jets have none.

    Source: permutation importance; exchange of particles between jets alike is smearjax's own.

    >>> from smearjax.interpret import marginal_replacements, particle_groups
    >>> from smearjax.jets import load_jets
    >>> jets = load_jets("sample")[::10]
    >>> def hard(jets):
    ...     return (jets.pt**2).sum(axis=1) / jets.pt.sum(axis=1) ** 2
    >>> drawn = marginal_replacements(len(jets), draws=2)
    >>> particle_importance(hard, jets, particle_groups(jets, "rank"), drawn).ranking[0]
    'hardest'
    """
    expect("jets", jets, Jets, "Jets, from load_jets(...) or Jets(pt, y, phi)")
    expect("replacements", replacements, Replacements, "one from draw_replacements(likelihood, ε)")
    if len(jets) != len(replacements):
        raise ValueError(
            f"there are {len(jets)} jets and replacements for {len(replacements)}; both must be of "
            "the same jets"
        )
    if jets.label is None:
        raise ValueError("the jets have no labels, which AUC and ADO need")
    masks = checked_masks(groups, jets)
    of_jets(score, jets)

    def changed(name: str) -> Changed:
        def of(rows: Int[np.ndarray, " r"], drawn: Int[np.ndarray, " r"]) -> np.ndarray:
            return scores_of(score, with_particles_of(jets, rows, drawn, masks[name]))

        return of

    before = scores_of(score, jets)
    parts = {name: changed(name) for name in masks}
    return _importance(before, parts, jets.label, jets.weight, replacements, seed, progress)


def _importance(
    before: Float[np.ndarray, " N"],
    parts: Mapping[str, Changed],
    label: ArrayLike | None,
    weight: ArrayLike | None,
    replacements: Replacements,
    seed: int,
    progress: bool,
) -> Importance:
    """Scores before and after, draw by draw, and their intervals."""
    signal = as_signal(label, len(before))
    weights = as_weight(weight, signal)[:, 0]
    rows = np.flatnonzero(replacements.there)
    truth = signal[rows].astype(int)
    if truth.all() or not truth.any():
        raise ValueError(
            f"{replacements.left_out:.0%} of the jets have no replacements, among them a whole "
            "class; give a larger epsilon"
        )
    given = {"weight": weights[rows], "seed": seed, "n_replicas": _REPLICAS}
    reordered, lost = {}, {}
    for name, changed in tqdm(parts.items(), desc="groups", disable=not progress):
        draws = (changed(rows, drawn) for drawn in replacements.index[rows].T)
        arrays = (before[rows], np.stack(list(draws), axis=1), truth)
        reordered[name] = bootstrap_interval(_reordered, *arrays, **given)
        lost[name] = bootstrap_interval(_lost, *arrays, **given)
    whole = bootstrap_interval(auc, before[rows], truth, **given)
    return Importance(
        reordered, lost, whole, replacements.epsilon, replacements.left_out, len(rows)
    )


def _reordered(before: np.ndarray, after: np.ndarray, label: np.ndarray, weight: np.ndarray):
    """1 − ADO, mean over draws; pairs that were tied before do not count."""
    ties = 1 - ado(before, before, label, weight)
    return float(np.mean([1 - ado(before, one, label, weight) for one in after.T])) - ties


def _lost(before: np.ndarray, after: np.ndarray, label: np.ndarray, weight: np.ndarray):
    """Loss of AUC, mean over draws."""
    left = np.mean([auc(one, label, weight) for one in after.T])
    return float(auc(before, label, weight) - left)
