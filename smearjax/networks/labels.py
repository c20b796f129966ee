"""Labels and class-balanced weights of the jets that a network learns on."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

from smearjax.jets.checks import JetsError
from smearjax.jets.container import Jets


def labels_and_weights(
    jets: Jets, name: str = "jets"
) -> tuple[Int[np.ndarray, " N"], Float[np.ndarray, " N"]]:
    """Labels (N,), and event weights (N,) scaled so that both classes have the same total, N/2.

    Args:
        jets: labelled jets of both classes, with event weights or without.
        name: what to call them in an error.

    Raises:
        JetsError: if there are no jets or labels, only one class, or a class whose weights have no
            positive sum.

    >>> from smearjax.jets import Jets
    >>> pt, zero = [[500.0]] * 3, [[0.0]] * 3
    >>> labels_and_weights(Jets(pt, zero, zero, label=[1, 0, 0]))
    (array([1, 0, 0], dtype=int8), array([1.5 , 0.75, 0.75]))
    """
    n_jets = len(jets)
    if n_jets == 0:
        raise JetsError(f"{name} are empty; training needs jets of both classes")
    if jets.label is None:
        raise JetsError(
            f"{name} have no labels; training needs label (N,), 1 = quark and 0 = gluon: "
            f"jets.replace(label=...)"
        )
    label = np.asarray(jets.label)
    weight = np.ones(n_jets) if jets.weight is None else np.asarray(jets.weight, np.float64)
    balanced = np.empty(n_jets)
    for value, kind in ((1, "quark (label 1)"), (0, "gluon (label 0)")):
        members = label == value
        total = weight[members].sum()
        if not members.any():
            raise JetsError(
                f"{name}: none of the {n_jets} jets is {kind}; training needs both classes"
            )
        if not total > 0:
            raise JetsError(
                f"{name}: the weights of the {int(members.sum())} {kind} jets sum to {total:.6g}; "
                f"each class needs a positive sum"
            )
        balanced[members] = weight[members] * (0.5 * n_jets / total)
    return label, balanced
