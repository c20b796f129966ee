"""What guiding found: one step after another, and why it ended."""

from __future__ import annotations

from dataclasses import dataclass

from smearjax.evaluate import Interval
from smearjax.observables.multigraphs import Multigraph


@dataclass(frozen=True)
class GuidingStep:
    """One observable added, and what that changed.

    Source: the procedure of arXiv:2010.11998; everything is dimensionless.

    Attributes:
        name: of the observable.
        exchanged: observables taken before and those that took their place.
        observables: all that are taken after this step.
        ordering: its ADO with the black box on the pairs that the observables before it order
            differently, on jets kept for choosing; below ½ it orders them the other way round.
        ordering_error: standard error of that over these jets.
        p_value: of the strongest ordering in the library being so far from ½ by chance (normal,
            times the number of observables); that of another one if a weaker one gained more.
        runners_up: the next best observables and their orderings.
        choosing_ado: ADO with the black box of the network on all observables taken, on jets kept
            for choosing.
        gap: AUC of the black box less that of this network there, from the same resampled jets.
        auc: AUC of the network, on jets kept for testing.
        ado: its ADO with the black box there.
    """

    name: str
    exchanged: tuple[tuple[str, str], ...]
    observables: tuple[str, ...]
    ordering: float
    ordering_error: float
    p_value: float
    runners_up: tuple[tuple[str, float], ...]
    choosing_ado: float
    gap: Interval
    auc: Interval
    ado: Interval


@dataclass(frozen=True)
class Guidance:
    """The observables a black box was guided to.

    Source: the procedure of arXiv:2010.11998; everything is dimensionless.

    Attributes:
        steps: in the order in which observables were added.
        stopped: why no more were.
        observables: the fewest that do as well, found by leaving out and exchanging.
        auc: AUC of the network on them, on the jets kept for testing; None if there are none.
        ado: its ADO with the black box there.
        black_box_auc: AUC of the black box on the jets kept for testing.
        n_jets: number of jets to train on, to choose with, and to test on.
        n_observables: size of the library.
        graphs: multigraphs of those taken that are energy flow polynomials, by name.

    Printed, it is a table.
    """

    steps: tuple[GuidingStep, ...]
    stopped: str
    observables: tuple[str, ...]
    auc: Interval | None
    ado: Interval | None
    black_box_auc: Interval
    n_jets: tuple[int, int, int]
    n_observables: int
    graphs: dict[str, Multigraph]

    def __str__(self) -> str:
        train, choose, test = self.n_jets
        names = [name for step in self.steps for name in (step.name, *step.observables)]
        width = max(map(len, names), default=0) + 4
        lines = [
            f"{self.n_observables:,} observables; {train:,} jets to train on, {choose:,} to choose "
            f"with, {test:,} to test on",
            f"   {'observable':<{width}}{'ADO where different':>20}{'AUC':>10}{'ADO':>9}",
        ]
        for number, step in enumerate(self.steps, start=1):
            ordering = f"{step.ordering:.3f} ± {step.ordering_error:.3f}"
            lines.append(
                f"{number:2} {step.name:<{width}}{ordering:>20}"
                f"{step.auc.value:>10.4f}{step.ado.value:>9.4f}"
            )
            lines += [f"     {new}, for {old}" for old, new in step.exchanged]
        if self.auc is not None and self.ado is not None and self.steps:
            same = self.observables == self.steps[-1].observables
            title = "at the end:" if same else "as well with fewer:"
            lines += [f"   {title:<{width}}{'':>20}"
                      f"{self.auc.value:>10.4f}{self.ado.value:>9.4f}"]  # fmt: skip
            lines += [f"     {name}" for name in self.observables]
        lines += [f"   {'the black box':<{width}}{'':>20}{self.black_box_auc.value:>10.4f}"]
        return "\n".join([*lines, f"ended: {self.stopped}"])
