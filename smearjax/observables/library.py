"""Many observables of the same jets, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np
from jaxtyping import Float
from tqdm import tqdm

from smearjax._expect import expect
from smearjax.jets.container import Jets
from smearjax.observables.angularities import angularity, girth
from smearjax.observables.efp import efps
from smearjax.observables.energy_correlators import c2, d2
from smearjax.observables.momentum import jet_mass, multiplicity, pt_dispersion
from smearjax.observables.multigraphs import Multigraph


@dataclass(frozen=True)
class ObservableLibrary:
    """M observables of N jets.

    Source: the libraries that a black box is guided through, arXiv:2010.11998.

    Args:
        values: (N,) numbers for each name, all finite, in the observable's own units.
        graphs: the multigraphs of those that are energy flow polynomials, by the same names.

    Raises:
        ValueError: no observables, shapes that differ, NaN or infinite values (the first is named).

    >>> library = ObservableLibrary({"mass": [80.0, 91.0], "charge": [1.0, 0.0]})
    >>> len(library), list(library.values), library["mass"]
    (2, ['mass', 'charge'], array([80., 91.]))
    """

    values: Mapping[str, Any]
    graphs: Mapping[str, Multigraph] = field(default_factory=dict)

    def __post_init__(self):
        columns = {name: np.asarray(column) for name, column in self.values.items()}
        if not columns:
            raise ValueError("values are empty; give at least one observable by name")
        length = len(next(iter(columns.values())))
        for name, column in columns.items():
            if column.shape != (length,) or column.dtype.kind not in "biuf":
                raise ValueError(
                    f"{name!r} is {column.dtype} of shape {column.shape}; "
                    f"expected ({length},) real numbers like the first observable"
                )
            if not np.isfinite(column).all():
                jet = int(np.flatnonzero(~np.isfinite(column))[0])
                raise ValueError(
                    f"{name!r} is {column[jet]} for {np.count_nonzero(~np.isfinite(column))} jets "
                    f"(first: {jet}); leave the observable out, or give it a value there"
                )
        object.__setattr__(self, "values", columns)
        object.__setattr__(self, "graphs", dict(self.graphs))

    def __len__(self) -> int:
        """Number of observables."""
        return len(self.values)

    def __getitem__(self, name: str) -> Float[np.ndarray, " N"]:
        """One observable of all jets."""
        return self.values[name]

    def __or__(self, other: ObservableLibrary) -> ObservableLibrary:
        """Both libraries' observables of the same jets; no name may stand in both."""
        twice = self.values.keys() & other.values.keys()
        if twice:
            raise ValueError(f"both libraries have {min(twice)!r}; rename it in one of them")
        return ObservableLibrary({**self.values, **other.values}, {**self.graphs, **other.graphs})

    def columns(self, names: Sequence[str]) -> Float[np.ndarray, "N k"]:
        """Some observables side by side, (N, k) float64, each in its own units.

        Source: smearjax's own definition.

        Raises:
            KeyError: an unknown name.

        >>> ObservableLibrary({"a": [1.0, 2.0], "b": [3.0, 4.0]}).columns(["b", "a"])
        array([[3., 1.],
               [4., 2.]])
        """
        return np.stack([np.asarray(self.values[name], np.float64) for name in names], axis=1)


def efp_library(
    jets: Jets,
    graphs: Iterable[Multigraph],
    kappas: Sequence[float] = (1.0,),
    betas: Sequence[float] = (0.5, 1.0, 2.0),
    *,
    omega: str = "delta_r",
    normalize: bool = True,
    origin: Float[np.ndarray, "N 2"] | None = None,
    progress: bool = False,
) -> ObservableLibrary:
    r"""Energy flow polynomials of every graph at every pair of exponents.

    Formula, arguments and errors as for `efps` (arXiv:1712.07124); names are such as
    "EFP 01² 02, κ=1, β=0.5". A single vertex, which no β enters, stands there once for each κ; not
    for κ = 1 if the momenta are normalised, where it is 1.

    Args:
        jets: N jets, pT in GeV.
        graphs: G multigraphs, such as `multigraphs(4)`.
        kappas: exponents κ of the momentum fractions, dimensionless.
        betas: exponents β of the angles, dimensionless.
        omega: the angle.
        normalize: divide each jet's momenta by their sum.
        origin: (N, 2) rapidities and azimuths that marked vertices stand for.
        progress: show a bar over the pairs of exponents.

    Returns:
        `ObservableLibrary` of polynomials in radian^{βd}, without `normalize` times GeV^{κV}.

    Raises:
        ValueError: as `efps`, or nothing is asked for.

    >>> from smearjax.jets import load_jets
    >>> from smearjax.observables import multigraphs
    >>> list(efp_library(load_jets("sample")[:10], multigraphs(2), [1, 2], [0.5]).values)[:4]
    ['EFP 0, κ=2', 'EFP 01, κ=1, β=0.5', 'EFP 01², κ=1, β=0.5', 'EFP 01 02, κ=1, β=0.5']
    """
    chosen = tuple(graphs)
    dots = tuple(graph for graph in chosen if not graph.degree)
    others = tuple(graph for graph in chosen if graph.degree)
    asked = [(dots, kappa, None) for kappa in kappas if dots and (kappa != 1 or not normalize)]
    asked += [(others, kappa, beta) for kappa, beta in product(kappas, betas) if others]
    values, named = {}, {}
    for some, kappa, beta in tqdm(asked, desc="polynomials", disable=not progress):
        found = efps(
            jets, some, kappa, beta or 1.0, omega=omega, normalize=normalize, origin=origin
        )
        for graph, column in zip(some, np.asarray(found).T, strict=True):
            name = f"EFP {graph}, κ={kappa:g}" + ("" if beta is None else f", β={beta:g}")
            values[name], named[name] = column, graph
    return ObservableLibrary(values, named)


_NAMED: dict[str, Callable[[Jets], np.ndarray]] = {
    "multiplicity": multiplicity,
    "mass": jet_mass,
    "girth": girth,
    "p_T^D": pt_dispersion,
    "Les Houches angularity": lambda jets: angularity(jets, 1.0, 0.5),
    "thrust angularity": lambda jets: angularity(jets, 1.0, 2.0),
    "C2": c2,
    "D2": d2,
}


def named_library(jets: Jets) -> ObservableLibrary:
    """The observables that have names and need no FastJet.

    Multiplicity, mass (GeV), girth, p_T^D, the Les Houches and thrust angularities, C₂ and D₂ at
    β = 1: formulas and sources with `multiplicity`, `jet_mass`, `girth`, `pt_dispersion`,
    `angularity`, `c2` and `d2`. Source: arXiv:1408.3122 for most of them.

    Args:
        jets: N jets, pT in GeV.

    Raises:
        ValueError: `jets` are no Jets.

    >>> from smearjax.jets import load_jets
    >>> len(named_library(load_jets("sample")[:10]))
    8
    """
    expect("jets", jets, Jets, "Jets, from load_jets(...) or Jets(pt, y, phi)")
    return ObservableLibrary({name: observable(jets) for name, observable in _NAMED.items()})
