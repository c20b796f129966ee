"""Functions of a table of observables, and tables in which some columns are those of other jets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int

from smearjax._expect import expect
from smearjax.interpret.attribution.replacements import Replacements
from smearjax.observables.library import ObservableLibrary

TableFunction = Callable[[Float[np.ndarray, "N k"]], Any]
# Rows of a table that a function is asked for at once.
_ROWS = 1 << 16


def checked_groups(
    library: ObservableLibrary, groups: Mapping[str, Sequence[str]] | None
) -> dict[str, Bool[np.ndarray, " k"]]:
    """Which columns each group has, no column twice; each alone without groups. Or ValueError."""
    names = list(library.values)
    if groups is None:
        groups = {name: (name,) for name in names}
    members = [name for group in groups.values() for name in group]
    unknown = sorted(set(members) - set(names))
    if unknown or len(set(members)) < len(members) or not all(map(len, groups.values())):
        raise ValueError(
            f"groups must each hold observables of the library, none twice; got {dict(groups)!r}"
            + (f", and the library has no {unknown[0]!r}" if unknown else "")
        )
    return {name: np.isin(names, list(group)) for name, group in groups.items()}


def checked_together(library: ObservableLibrary, replacements: Replacements) -> None:
    """Raise ValueError unless both are what their names say and of as many jets."""
    expect("library", library, ObservableLibrary, "an ObservableLibrary, as from named_library()")
    expect("replacements", replacements, Replacements, "one from draw_replacements(likelihood, ε)")
    n_jets = len(next(iter(library.values.values())))
    if n_jets != len(replacements):
        raise ValueError(
            f"the library has {n_jets} jets and replacements {len(replacements)}; both must be of "
            "the same jets"
        )


def ask(function: TableFunction, table: Float[np.ndarray, "N k"]) -> Float[np.ndarray, " N"]:
    """What a function says of each row, or a ValueError if that is not one finite number."""
    found = np.empty(len(table))
    for first in range(0, len(table), _ROWS):
        some = table[first : first + _ROWS]
        told = np.asarray(function(some), np.float64)
        if told.shape != (len(some),) or not np.isfinite(told).all():
            raise ValueError(
                f"function must give one finite number for each of {len(some)} rows; got shape "
                f"{told.shape} with {np.sum(~np.isfinite(told))} not finite"
            )
        found[first : first + _ROWS] = told
    return found


def exchanged(
    table: Float[np.ndarray, "N k"],
    rows: Int[np.ndarray, " r"],
    drawn: Int[np.ndarray, " r"],
    columns: Bool[np.ndarray, " k"],
) -> Float[np.ndarray, "r k"]:
    """Some rows, with some columns taken from others."""
    return np.where(columns, table[drawn], table[rows])
