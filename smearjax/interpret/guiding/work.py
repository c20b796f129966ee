"""The work of guiding: jets in three parts, and the search for the next observable."""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import chain

import numpy as np
from jaxtyping import Bool, Float, Int
from tqdm import tqdm

from smearjax._work_folder import digest
from smearjax.evaluate import Interval, ado, auc, auc_difference, bootstrap_interval
from smearjax.interpret.guiding.guidance import GuidingStep
from smearjax.interpret.guiding.ranking import Choosing, best_pair, chance, ranked, shares
from smearjax.interpret.guiding.steps_folder import StepsFolder, digest_of_names
from smearjax.interpret.guiding.student import learn
from smearjax.observables.library import ObservableLibrary

Names = tuple[str, ...]

# Shares of the jets to train on and to choose with; the rest are tested on.
_TRAIN, _CHOOSE = 0.5, 0.25
_RUNNERS_UP = 4
# So many of the best are tried at a step, of the first so many; two are much the same if they order
# all but this share of pairs alike.
_PROPOSED, _LOOKED_AT, _SAME = 4, 60, 0.05
# Jets, at most, that say which two observables complement one another.
_PAIRED = 4000
# Times that every observable may be exchanged after one was added.
_ROUNDS = 3
# Observables that are tried to be done without, the others exchanged.
_LEFT_OUT = 2


class GuidingWork:
    """Guiding under way: what the network says so far of the jets to choose with and to test on."""

    def __init__(
        self,
        black_box: Float[np.ndarray, " N"],
        library: ObservableLibrary,
        signal: Bool[np.ndarray, " N"],
        weight: Float[np.ndarray, " N"],
        seed: int,
        folder: str | os.PathLike[str] | None,
    ):
        self.black_box, self.library, self.signal, self.weight = black_box, library, signal, weight
        self.seed = seed
        order = np.random.default_rng(seed).permutation(len(black_box))
        ends = np.cumsum([int(share * len(order)) for share in (_TRAIN, _CHOOSE)])
        self.train, self.choose, self.test = np.split(order, ends)
        for part in (self.train, self.choose, self.test):
            if signal[part].all() or not signal[part].any():
                raise ValueError("one class is missing from a part of the jets; give more jets")
        self._learned: dict[Names, Float[np.ndarray, " N"]] = {}
        self.black_box_auc = self._interval(auc, black_box, rows=self.test)
        identity = {
            "black_box": digest(black_box),
            "library": digest(library.values) + digest_of_names(library),
            "label": digest(signal),
            "weight": digest(weight),
            "seed": str(seed),
        }
        self.kept = None if folder is None else StepsFolder(folder, identity)

    @property
    def n_jets(self) -> tuple[int, int, int]:
        """Jets to train on, to choose with, to test on."""
        return len(self.train), len(self.choose), len(self.test)

    def next_step(self, taken: Names, number: int, progress: bool) -> GuidingStep | None:
        """The best observable that is left, taken; None if there is none or nothing differs."""
        kept = self.kept and self.kept.read_step(number)
        if kept:
            return kept
        if len(taken) == len(self.library):
            return None
        order, choosing = self._ranked(taken, f"observable {number}", progress)
        if not order:
            return None
        different = choosing.different
        error = choosing.error(self.library[order[0][0]][self.choose], different)
        p_value = chance(order[0][1], error, len(order))
        name = self._best(order, taken)
        error = choosing.error(self.library[name][self.choose], different)
        begun, paired = self._or_a_pair((*taken, name))
        taken, exchanged = self._exchanged(begun, progress)
        scores = self._scores(taken)
        step = GuidingStep(
            name=name,
            exchanged=paired + exchanged,
            observables=taken,
            ordering=dict(order)[name],
            ordering_error=error,
            p_value=p_value,
            runners_up=tuple(one for one in order[: 1 + _RUNNERS_UP] if one[0] != name),
            choosing_ado=self._gained(taken),
            gap=self._interval(auc_difference, self.black_box, scores, rows=self.choose),
            **self._tested(scores),
        )
        if self.kept:
            self.kept.write_step(number, step)
        return step

    def _best(self, order: list[tuple[str, float]], taken: Names) -> str:
        """The one of those proposed whose network gains most."""
        proposed = dict.fromkeys(self._proposed(order) + self._partners(taken))
        return max(proposed, key=lambda name: self._gained((*taken, name)))

    def _partners(self, taken: Names) -> list[str]:
        """Those that predict the black box best together with what is taken."""
        if not taken:
            return []
        names = [name for name in self.library.values if name not in taken]
        rows = self.train[:_PAIRED]
        first = self.library[taken[0]] if len(taken) == 1 else self._scores(taken)
        share = shares(first[rows], self.library.columns(names)[rows], self.black_box[rows])
        return [names[place] for place in np.argsort(-share)[:_PROPOSED]]

    def _gained(self, taken: Names) -> float:
        """ADO with the black box of the network on these, on the jets to choose with."""
        return self._ado(self._scores(taken), self.choose)

    def _proposed(self, order: list[tuple[str, float]]) -> list[str]:
        """The first of them, and the next that are not much the same as one before."""
        label, weight = self.signal[self.choose].astype(int), self.weight[self.choose]
        found: list[str] = []
        for name, _ in order[:_LOOKED_AT]:
            mine = self.library[name][self.choose]
            pairs = (ado(mine, self.library[one][self.choose], label, weight) for one in found)
            if all(_SAME < alike < 1 - _SAME for alike in pairs):
                found.append(name)
            if len(found) == _PROPOSED:
                break
        return found

    def _or_a_pair(self, taken: Names) -> tuple[Names, tuple[tuple[str, str], ...]]:
        """Two observables, or the two that complement one another best if these do better.

        Two whose difference matters may both be poor alone, and no single step finds them.
        """
        if len(taken) != 2:
            return taken, ()
        names = list(self.library.values)
        rows = self.train[:_PAIRED]
        found = best_pair(self.library.columns(names)[rows], self.black_box[rows])
        pair = (names[found[0]], names[found[1]])
        if self._gained(pair) <= self._gained(taken):
            return taken, ()
        return pair, tuple((old, new) for old, new in zip(taken, pair, strict=True) if old != new)

    def fewer(self, taken: Names, loss: float, progress: bool) -> tuple[Names, dict[str, Interval]]:
        """The fewest of them that do as well, after exchanges, and their AUC and ADO.

        One is left out for as long as that costs less ADO than `loss`: the one that is missed
        least, or second least, the others exchanged where that helps.
        """
        found = taken
        while len(found) > 1:
            least = self._gained(found) - loss
            smaller = (found[:place] + found[place + 1 :] for place in range(len(found)))
            best = sorted(smaller, key=self._gained, reverse=True)[:_LEFT_OUT]
            tried = chain(best[:1], (self._exchanged(some, progress)[0] for some in best))
            better = next((some for some in tried if self._gained(some) > least), None)
            if better is None:
                break
            found = better
        return found, self._tested(self._scores(found))

    def _exchanged(self, taken: Names, progress: bool) -> tuple[Names, tuple[tuple[str, str], ...]]:
        """Each observable in turn is left out, and the best one taken in its place if it is better.

        What stood for two others in one before may be told apart from them now.
        """
        found = list(taken)
        swaps = []
        for _ in range(_ROUNDS if len(taken) > 1 else 0):
            before = tuple(found)
            for place, name in enumerate(before):
                others = tuple(found[:place] + found[place + 1 :])
                order, _ = self._ranked(others, f"in place of {name}", progress)
                new = self._best(order, others) if order else name
                if self._gained((*others, new)) > self._gained(tuple(found)):
                    found[place] = new
                    swaps.append((name, new))
            if tuple(found) == before:
                break
        return tuple(found), tuple(swaps)

    def _ranked(
        self, taken: Names, what: str, progress: bool
    ) -> tuple[list[tuple[str, float]], Choosing]:
        """Names and orderings of those not taken, the best first; none if nothing differs."""
        rows = self.choose
        student = self._scores(taken)
        choosing = Choosing(
            self.black_box[rows], student[rows], self.signal[rows], self.weight[rows]
        )
        if choosing.different <= 0:
            return [], choosing
        left = [name for name in self.library.values if name not in taken]
        bar = tqdm(left, desc=what, disable=not progress)
        return ranked(choosing, ((name, self.library[name][rows]) for name in bar)), choosing

    def _scores(self, taken: Names) -> Float[np.ndarray, " N"]:
        """What a network on these observables says of all jets; 0 without any."""
        if not taken:
            return np.zeros(len(self.black_box))
        taken = tuple(sorted(taken))
        if taken not in self._learned:
            columns = self.library.columns(taken)
            rows = self.train
            network = learn(columns[rows], self.black_box[rows], self.weight[rows], self.seed)
            self._learned[taken] = network(columns)
        return self._learned[taken]

    def _ado(self, scores: Float[np.ndarray, " N"], rows: Int[np.ndarray, " K"]) -> float:
        """ADO with the black box on some jets."""
        label = self.signal[rows].astype(int)
        return ado(scores[rows], self.black_box[rows], label, self.weight[rows])

    def _tested(self, scores: Float[np.ndarray, " N"]) -> dict[str, Interval]:
        """AUC, and ADO with the black box, on the jets to test on."""
        return {
            "auc": self._interval(auc, scores, rows=self.test),
            "ado": self._interval(ado, scores, self.black_box, rows=self.test),
        }

    def _interval(
        self, statistic: Callable[..., float], *scores: np.ndarray, rows: Int[np.ndarray, " K"]
    ) -> Interval:
        """A statistic of some jets."""
        arrays = (*scores, self.signal.astype(int))
        return bootstrap_interval(statistic, *(x[rows] for x in arrays), weight=self.weight[rows])
