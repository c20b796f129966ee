"""Shapley values: what each observable adds to a score, shared out fairly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import comb

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.typing import ArrayLike

from smearjax._expect import expect_rows, expect_whole
from smearjax.interpret.attribution.replacements import Replacements
from smearjax.interpret.attribution.tables import (
    TableFunction,
    ask,
    checked_groups,
    checked_together,
)
from smearjax.observables.library import ObservableLibrary

# More groups than this, and 2^k coalitions are too many.
_EXACT = 12

Table = Float[np.ndarray, "N k"]


@dataclass(frozen=True)
class ShapleyValues:
    """What each group of observables adds to the score of some jets, in units of the score.

    Source: Shapley values; see `shapley_values`.

    Attributes:
        names: the p groups.
        rows: (R,) numbers of the jets explained.
        values: (R, p), which sum to `score` − `base`; NaN for jets without replacements.
        errors: (R, p) standard errors from the finite number of draws and orders.
        score: (R,) of the jets.
        base: (R,) mean score of the jets drawn for each: with draws from a ball the smeared score.
        epsilon: resolution in GeV of the balls that replacements came from, or ∞.
        exact: whether all coalitions were asked for, not some orders.
    """

    names: tuple[str, ...]
    rows: Int[np.ndarray, " R"]
    values: Float[np.ndarray, "R p"]
    errors: Float[np.ndarray, "R p"]
    score: Float[np.ndarray, " R"]
    base: Float[np.ndarray, " R"]
    epsilon: float
    exact: bool

    @property
    def importance(self) -> dict[str, float]:
        """Mean |value| over the jets that have values, by name, in units of the score."""
        mean = np.nanmean(np.abs(self.values), axis=0)
        return dict(zip(self.names, map(float, mean), strict=True))


def shapley_values(
    function: TableFunction,
    library: ObservableLibrary,
    replacements: Replacements,
    rows: ArrayLike,
    *,
    groups: Mapping[str, Sequence[str]] | None = None,
    permutations: int | None = None,
    seed: int = 0,
) -> ShapleyValues:
    r"""What each observable, or each group of them, adds to what a function says of a jet.

    v_i(S) is the mean of f over the jets drawn for jet i with the observables in S taken from jet i
    itself, and

    φ_a = Σ_{S∌a} |S|!(p−|S|−1)!/p! [v(S ∪ a) − v(S)],     Σ_a φ_a = f(x_i) − v_i(∅)

    shares out the difference. With draws from all jets (`marginal_replacements`) these are
    interventional Shapley values as usual, and f is asked about rows that no jet has if observables
    are correlated. With draws from the ε-ball (`draw_replacements`) v_i(∅) is the smeared score
    f(x_i|ε), all rows stay within about ε of jets that exist, and the values say which observables
    make the score of this jet differ from that of the jets around it. They do not say what makes
    all of these jets alike: that is the part of f(x_i|ε).

    Up to 12 groups all 2^p coalitions are asked for; the errors are then those of the mean over
    draws, 0 where one draw is all there is to draw. For more groups, or with `permutations`, the
    groups change sides one after another in random orders, each order followed by its reverse
    (which takes out what is odd), one of the draws for each pair of orders. Σφ is as above, with
    v(∅) of the draws used.

    Args:
        function: of (n, k) observables in the library's order to (n,) scores; a `Surrogate`, say.
        library: k observables of N jets.
        replacements: D draws for each of the same jets; errors need two.
        rows: (R,) numbers of the jets to explain.
        groups: names of observables by name of the group; each alone if None.
        permutations: pairs of orders for each jet, at least 2; all coalitions if None and there are
            at most 12 groups, 100 if None and there are more.
        seed: of the orders.

    Returns:
        `ShapleyValues`.

    Raises:
        ValueError: arguments of the wrong kind or of different jets; scores that are not finite.

    Source: L. S. Shapley, A value for n-person games (1953); draws from ε-balls are smearjax's own.

    >>> from smearjax.interpret import Replacements
    >>> library = ObservableLibrary({"a": [3.0, 1.0, 0.0], "b": [2.0, 0.0, 0.0]})
    >>> drawn = Replacements([[1, 2], [0, 2], [0, 1]])
    >>> found = shapley_values(lambda x: x[:, 0] * x[:, 1], library, drawn, [0])
    >>> found.values, found.base
    (array([[2.5, 3.5]]), array([0.]))
    """
    checked_together(library, replacements)
    if not callable(function):
        raise ValueError(f"function is a {type(function).__name__}; expected one of (n, k) tables")
    columns = checked_groups(library, groups)
    asked = expect_rows("rows", rows, len(replacements))
    exact = permutations is None and len(columns) <= _EXACT
    if permutations is not None:
        expect_whole("permutations", permutations, least=2)
    table = library.columns(tuple(library.values))
    of_group = np.stack(list(columns.values()))
    rng = np.random.default_rng(seed)
    shape = (len(asked), len(columns))
    values, errors, base = (np.full(s, np.nan) for s in (shape, shape, shape[:1]))
    for place, jet in enumerate(asked):
        if not replacements.there[jet]:
            continue
        drawn = replacements.index[jet]
        if exact:
            each, start = _of_coalitions(function, table, int(jet), drawn, of_group)
        else:
            many = permutations or 100
            each, start = _of_orders(function, table, int(jet), drawn, of_group, many, rng)
        values[place], base[place] = each.mean(axis=0), start
        if len(each) > 1:
            errors[place] = each.std(axis=0, ddof=1) / np.sqrt(len(each))
    score = ask(function, table[asked])
    return ShapleyValues(
        tuple(columns), asked, values, errors, score, base, replacements.epsilon, exact
    )


def _of_coalitions(
    function: TableFunction,
    table: Table,
    jet: int,
    drawn: Int[np.ndarray, " D"],
    groups: Bool[np.ndarray, "p k"],
) -> tuple[Float[np.ndarray, "D p"], float]:
    """Values for each draw from all coalitions, and the mean without any group of the jet's own."""
    p = len(groups)
    inside = (np.arange(1 << p)[:, None] >> np.arange(p)) & 1 == 1
    away = ~(inside.astype(int) @ groups.astype(int) > 0)
    # What no group has stays the jet's own.
    away &= groups.any(axis=0)
    told = _ask_all(function, table, jet, drawn, away)
    found = np.empty((len(drawn), p))
    size = inside.sum(axis=1)
    for place in range(p):
        without = np.flatnonzero(~inside[:, place])
        share = np.array([1 / (p * comb(p - 1, s)) for s in range(p)])[size[without]]
        found[:, place] = share @ (told[without | (1 << place)] - told[without])
    return found, float(told[0].mean())


def _of_orders(
    function: TableFunction,
    table: Table,
    jet: int,
    drawn: Int[np.ndarray, " D"],
    groups: Bool[np.ndarray, "p k"],
    pairs: int,
    rng: np.random.Generator,
) -> tuple[Float[np.ndarray, "P p"], float]:
    """Values for each pair of orders, and the mean score of the draws used."""
    p = len(groups)
    orders = np.stack([rng.permutation(p) for _ in range(pairs)])
    orders = np.concatenate([orders, orders[:, ::-1]])
    # Away before the first group comes home, before the second, …, and after the last.
    away = np.cumsum(groups[orders[:, ::-1]], axis=1)[:, ::-1] > 0
    away = np.concatenate([away, np.zeros_like(away[:, :1])], axis=1)
    others = table[drawn[np.arange(2 * pairs) % pairs % len(drawn)]]
    mixed = np.where(away, others[:, None, :], table[jet])
    told = ask(function, mixed.reshape(-1, table.shape[1])).reshape(2 * pairs, p + 1)
    change = np.empty((2 * pairs, p))
    np.put_along_axis(change, orders, np.diff(told, axis=1), axis=1)
    return 0.5 * (change[:pairs] + change[pairs:]), float(told[:, 0].mean())


def _ask_all(
    function: TableFunction,
    table: Table,
    jet: int,
    drawn: Int[np.ndarray, " D"],
    away: Bool[np.ndarray, "c k"],
) -> Float[np.ndarray, "c D"]:
    """Scores of a jet with the columns `away` taken from each draw."""
    mixed = np.where(away[:, None, :], table[drawn], table[jet])
    return ask(function, mixed.reshape(-1, table.shape[1])).reshape(len(away), len(drawn))
