"""Training jets joined by jets of their ε-balls, which stand in for them."""

from __future__ import annotations

import jax
import numpy as np

from smearjax._expect import expect
from smearjax.interpret.attribution.replacements import Replacements
from smearjax.jets.container import Jets
from smearjax.jets.splitting import concatenate


def with_neighbours(jets: Jets, replacements: Replacements) -> Jets:
    r"""The jets, and behind them jets drawn in their place, which carry their labels.

    A jet x of label y and weight w is followed by D draws x′ with label y, each of all with weight
    w/(D+1). A network trained on them learns, where draws come from ε-balls (`draw_replacements`),
    the labels smeared at ε: Σ_i P(j|i) y_i is what jet j stands for. All jets are real ones, so it
    sees nothing off the data. Jets without replacements stand alone with all their weight.

    Args:
        jets: N labelled jets, pT in GeV.
        replacements: D draws for each of them.

    Returns:
        N + D·(number of jets with replacements) jets, the given ones first.

    Raises:
        ValueError: arguments of the wrong kind, jets without labels, replacements of other jets.

    Source: smearjax's own definition; the balls are those of arXiv:2501.07643.

    >>> jets = Jets(pt=[[3.0], [2.0]], y=[[0.0], [0.0]], phi=[[0.0], [0.0]], label=[1, 0])
    >>> both = with_neighbours(jets, Replacements([[1], [0]]))
    >>> both.pt[:, 0].tolist(), both.label.tolist(), both.weight.tolist()
    ([3.0, 2.0, 2.0, 3.0], [1, 0, 1, 0], [0.5, 0.5, 0.5, 0.5])
    """
    expect("jets", jets, Jets, "Jets, from load_jets(...) or Jets(pt, y, phi)")
    expect("replacements", replacements, Replacements, "as from draw_replacements(likelihood, ε)")
    if jets.label is None:
        raise ValueError("the jets have no labels, which those drawn in their place would carry")
    if len(replacements) != len(jets):
        raise ValueError(f"replacements are of {len(replacements)} jets and there are {len(jets)}")
    host: Jets = jax.tree.map(np.asarray, jets)
    weight = np.ones(len(host)) if host.weight is None else host.weight
    there = replacements.there
    shared = np.where(there, weight / (replacements.draws + 1), weight)
    drawn = (
        host[rows].replace(label=np.asarray(host.label)[there], weight=shared[there])
        for rows in replacements.index[there].T
    )
    return concatenate([host.replace(weight=shared), *drawn])
