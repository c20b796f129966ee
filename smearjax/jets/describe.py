"""Jets in a few words, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

import equinox as eqx
import jax
import numpy as np

from smearjax.jets.arrays import is_traced

if TYPE_CHECKING:
    from smearjax.jets.container import Jets


def describe(jets: Jets) -> str:
    """A few lines: how many jets of which class, how long, how hard, with what beside them."""
    leaves = jax.tree.leaves(jets)
    concrete = all(isinstance(leaf, np.ndarray | jax.Array) for leaf in leaves)
    if not concrete or not leaves or is_traced(*leaves) or np.ndim(jets.pt) != 2:
        return eqx.tree_pformat(jets)
    n_jets, width = jets.pt.shape
    head = f"Jets: {n_jets:,} {'jet' if n_jets == 1 else 'jets'}{_classes(jets)}"
    tail = (
        f"padded to {width}, {jets.pt.dtype}, pid {'yes' if jets.pid is not None else 'no'}, "
        f"weights {'yes' if jets.weight is not None else 'no'}"
    )
    if n_jets == 0:
        return f"{head}; {tail}"
    multiplicity, pt = np.asarray(jets.multiplicity), np.asarray(jets.total_pt)
    return (
        f"{head}\n  median (range): pT {_spread(pt)} GeV, {_spread(multiplicity)} constituents\n"
        f"  {tail}"
    )


def _classes(jets: Jets) -> str:
    """How many jets of each class, in brackets."""
    if jets.label is None:
        return " (no labels)"
    n_quark = int(np.count_nonzero(np.asarray(jets.label)))
    return f" ({n_quark:,} quark, {len(jets) - n_quark:,} gluon)"


def _spread(values: np.ndarray) -> str:
    """The median and, if they differ, the ends."""
    low, median, high = (f"{np.quantile(values, q):.4g}" for q in (0.0, 0.5, 1.0))
    return median if low == high else f"{median} ({low} to {high})"
