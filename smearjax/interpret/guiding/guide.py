"""Black-box guiding: the observables that reproduce a black box, one after another."""

from __future__ import annotations

import os

import numpy as np
from numpy.typing import ArrayLike

from smearjax._expect import expect, expect_number, expect_probability, expect_whole
from smearjax.evaluate.checks import as_scores, as_signal, as_weight
from smearjax.interpret.guiding.guidance import Guidance, GuidingStep
from smearjax.interpret.guiding.work import GuidingWork
from smearjax.observables.library import ObservableLibrary


def guide(
    black_box: ArrayLike,
    library: ObservableLibrary,
    label: ArrayLike | None,
    weight: ArrayLike | None = None,
    *,
    max_steps: int = 10,
    tolerance: float = 0.002,
    least_gain: float = 0.001,
    significance: float = 0.01,
    seed: int = 0,
    folder: str | os.PathLike[str] | None = None,
    progress: bool = False,
) -> Guidance:
    r"""The observables that a black box uses, found by decision ordering (arXiv:2010.11998).

    From a library of observables the one is taken that orders signal–background pairs most as the
    black box does, either way round. A small network learns the black box's scores from the
    observables taken so far, and only the pairs count from then on that it orders differently from
    the black box. Proposed are the observable with the largest max(ADO, 1 − ADO) on these, up to
    three more that are not much the same as one proposed before, and the four that predict the
    black box best together with those taken; the one is taken whose network gains most. The ADO on
    these pairs is exact (`ado_where_different`), no pair is drawn.

    Then each observable taken is left out in turn and the best one taken in its place, if another
    is better: what stood for two others in one gives way to them. The first two also give way to
    the two that predict the black box best together, if these do better: no single step finds two
    whose difference matters. At the end fewer are tried.

    Half of the jets teach the network, a quarter choose, a quarter give the AUC and ADO of each
    step; the three are drawn at random once. It ends when the network's AUC comes within the
    tolerance of the black box's, when an observable adds too little, when none left is
    significantly better than chance, or after so many steps. Departures from the paper: the network
    learns the black box's scores instead of labels, all differing pairs count instead of a sample,
    several are tried, observables are exchanged, and chance is looked at.

    Args:
        black_box: (N,) its scores, larger for signal, finite or ±inf; of any kind of classifier,
            on jets it was not trained on.
        library: observables of the same jets.
        label: (N,) 1 = signal (quark), 0 = background.
        weight: (N,) event weights; ones if None.
        max_steps: largest number of observables.
        tolerance: it ends when the network's AUC is below the black box's by less than this, on
            the jets to choose with and at the upper end of the 68 % interval of the difference.
        least_gain: it ends when an observable adds less than this to the network's ADO with the
            black box, on the jets to choose with.
        significance: an observable is taken only if the probability that the best of the library
            orders so well by chance is below it.
        seed: of the split, of the networks and of the bootstrap.
        folder: where to keep finished steps; the same call goes on after an interruption.
        progress: show a bar over the observables of each step.

    Returns:
        `Guidance`, whose `str` is a table.

    Raises:
        ValueError: arguments of the wrong kind or shape, fewer than 400 jets, a class missing from
            a part; a folder of other work.

    >>> rng = np.random.default_rng(0)
    >>> label = np.arange(800) % 2
    >>> values = {f"noise {k}": rng.normal(size=800) for k in range(3)}
    >>> values["known"] = label + rng.normal(size=800)
    >>> guide(values["known"] ** 3, ObservableLibrary(values), label).observables
    ('known',)
    """
    expect("library", library, ObservableLibrary, "an ObservableLibrary, as from efp_library(...)")
    scores = as_scores(black_box, "black_box").astype(np.float64)
    signal = as_signal(label, len(scores))
    weights = as_weight(weight, signal)[:, 0]
    expect_whole("max_steps", max_steps, least=1)
    for name, number in (("tolerance", tolerance), ("least_gain", least_gain)):
        expect_number(name, number, -np.inf, 1.0, "a number below 1")
    expect_probability("significance", significance)
    if len(next(iter(library.values.values()))) != len(scores):
        raise ValueError(
            f"the library has {len(next(iter(library.values.values())))} jets and black_box "
            f"{len(scores)}; both must be of the same jets"
        )
    if len(scores) < 400:
        raise ValueError(f"guiding needs at least 400 jets, got {len(scores)}")
    work = GuidingWork(scores, library, signal, weights, seed, folder)
    steps: list[GuidingStep] = []
    while True:
        stopped = _reason_to_stop(steps, tolerance, max_steps)
        if stopped:
            break
        taken = steps[-1].observables if steps else ()
        step = work.next_step(taken, len(steps) + 1, progress)
        if step is None or step.p_value > significance:
            stopped = "no observable left orders the remaining pairs better than chance"
            break
        if steps and step.choosing_ado - steps[-1].choosing_ado < least_gain:
            stopped = f"the next observable, {step.name}, adds less than {least_gain:g} to the ADO"
            break
        steps.append(step)
    found, tested = (), {"auc": None, "ado": None}
    if steps:
        found, tested = work.fewer(steps[-1].observables, least_gain, progress)
    names = {*found, *(name for step in steps for name in (step.name, *step.observables))}
    return Guidance(
        tuple(steps),
        stopped,
        found,
        **tested,
        black_box_auc=work.black_box_auc,
        n_jets=work.n_jets,
        n_observables=len(library),
        graphs={name: graph for name, graph in library.graphs.items() if name in names},
    )


def _reason_to_stop(steps: list[GuidingStep], tolerance: float, max_steps: int) -> str:
    """Why no further observable is asked for; empty if one is."""
    if steps and steps[-1].gap.hi < tolerance:
        return f"the AUC is within {tolerance:g} of the black box's"
    return f"max_steps, {max_steps}, were taken" if len(steps) == max_steps else ""
