# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#       jupytext_version: 1.19.6
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # What does a score hang on?
#
# An Energy Flow Network is trained on half of the sample and explained on the rest: by simple
# models that imitate it, by exchanging what jets are made of, by Shapley values, and particle by
# particle. Whatever is exchanged may come from any jet, which makes jets that do not exist, or from
# the $\varepsilon$-ball about the jet, which does not. It takes about two minutes.

# %%
import jax
import matplotlib.pyplot as plt
import numpy as np

from smearjax import SmearedLikelihood, load_jets
from smearjax.evaluate import auc
from smearjax.interpret import (
    draw_replacements,
    integrated_gradients,
    marginal_replacements,
    permutation_importance,
    shapley_values,
    surrogate,
    transport_slope,
)
from smearjax.jets import split
from smearjax.networks import EFN, TrainingConfig, network_scores, train_network
from smearjax.observables import named_library
from smearjax.report.displays import attribution_display
from smearjax.report.style import BLUE, INK, hep_style

train, validation, test = split(load_jets("sample"), (0.5, 0.1, 0.4))
config = TrainingConfig(epochs=12, progress=False)
network = train_network(EFN(key=jax.random.key(0)), train, validation, config).network
scores = network_scores(network, test)
print(f"AUC of the network on {len(test):,} test jets: {auc(scores, test.label):.3f}")

# %% [markdown]
# ## Simple models in its place
#
# A boosted tree and a linear model on observables with names, fitted to the network's scores on
# half of the test jets. ADO is the share of quark–gluon pairs that both put in the same order.

# %%
library = named_library(test)
for model in ("tree", "linear"):
    simple = surrogate(scores, library, test.label, model=model)
    print(f"{model:<7} ADO with the network {simple.ado},  AUC {simple.auc}")
tree = surrogate(scores, library, test.label)

# %% [markdown]
# ## Exchanging observables, and where that misleads
#
# An observable matters if the order of pairs changes when its values are exchanged between jets.
# But mass, girth and the angularities go together: exchanged between any jets, they make
# combinations that no jet has, and the answer is about those. Drawn from the $\varepsilon$-ball
# about each jet, they stay where jets are.

# %%
likelihood = SmearedLikelihood(test)
drawn = {
    "any jet": marginal_replacements(len(test), draws=5),
    "ε = 10 GeV": draw_replacements(likelihood, 10.0, draws=5),
    "ε = 4 GeV": draw_replacements(likelihood, 4.0, draws=5),
}
names = list(library.values)
with hep_style():
    figure, axes = plt.subplots(figsize=(8, 5))
    for place, (title, one) in enumerate(drawn.items()):
        found = permutation_importance(tree, library, test.label, one)
        value = np.array([found.reordered[name].value for name in names])
        low, high = (
            np.array([getattr(found.reordered[n], end) for n in names]) for end in ("lo", "hi")
        )
        height = np.arange(len(names)) + 0.22 * (place - 1)
        axes.errorbar(
            value,
            height,
            xerr=[value - low, high - value],
            fmt="o",
            capsize=2,
            label=f"{title} ({one.left_out:.1%} of the balls empty)",
        )
    axes.set_yticks(range(len(names)), names)
    axes.set_xlabel("share of pairs reordered")
    axes.legend(fontsize=11)
plt.show()

# %% [markdown]
# ## Shapley values
#
# How much each observable adds to the tree's score of a jet, over all orders in which they could be
# learned; eight observables have 256 coalitions, so the values are exact for the draws. Their mean
# size over jets:

# %%
for title in ("any jet", "ε = 10 GeV"):
    shared = shapley_values(tree, library, drawn[title], np.arange(50))
    best = sorted(shared.importance.items(), key=lambda item: -item[1])
    print(f"{title:<11}", ", ".join(f"{name} {value:.3f}" for name, value in best[:4]))

# %% [markdown]
# ## Particle by particle
#
# Integrated gradients of one quark and one gluon jet, from the jets around each: which particles
# make its score differ from theirs. They add up to the difference.

# %%
label = np.asarray(test.label)
rows = [int(np.flatnonzero(label == kind)[3]) for kind in (1, 0)]
balls = draw_replacements(SmearedLikelihood(test), 12.0, draws=20)
gradients = integrated_gradients(network, test, balls, rows=rows)
with hep_style():
    figure, panels = plt.subplots(1, 2, figsize=(11, 5))
    for place, (axes, kind) in enumerate(zip(panels, ("quark", "gluon"), strict=True)):
        attribution_display(axes, test[rows[place] : rows[place] + 1], gradients.values[place])
        axes.set_title(
            f"{kind} jet, score {gradients.score[place]:.2f}, balls {gradients.base[place]:.2f}",
            fontsize=12,
        )
plt.show()

# %% [markdown]
# ## Per GeV
#
# The largest change of the score per GeV of transport. Its inverse, times the distance of the score
# from the threshold, is about what the smallest flip costs.

# %%
slopes = transport_slope(network, test, pt_ref=525.0)
with hep_style():
    figure, axes = plt.subplots(figsize=(6.4, 4.6))
    bins = np.geomspace(0.02, 5, 30)
    for kind, name, colour in ((1, "quark", BLUE), (0, "gluon", INK)):
        axes.hist(slopes.largest[label == kind], bins, histtype="step", color=colour, label=name)
    axes.set(xscale="log", xlabel="largest slope [score per GeV]", ylabel="jets")
    axes.legend()
plt.show()
