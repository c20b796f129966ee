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
# # Which observables does a network use, and how easily does it change its mind?
#
# Scales say *where* a network finds its information; observables say *what* it is. An Energy Flow
# Network is trained on half of the sample, then treated as a black box: energy flow polynomials are
# searched for those that put pairs of jets into the same order. At the end each jet is moved as
# little as possible until the network decides otherwise. It takes about two minutes.

# %%
import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np

from smearjax import load_jets
from smearjax.evaluate import ado, ado_matrix, auc
from smearjax.interpret import flips, guide
from smearjax.jets import split
from smearjax.networks import EFN, TrainingConfig, network_scores, train_network
from smearjax.observables import efp_library, efps, multigraphs, named_library
from smearjax.report.multigraph import draw_multigraph
from smearjax.report.style import BLUE, INK, hep_style

train, validation, test = split(load_jets("sample"), (0.5, 0.1, 0.4))
config = TrainingConfig(epochs=12, progress=False)
network = train_network(EFN(key=jax.random.key(0)), train, validation, config).network
scores = network_scores(network, test)
print(f"AUC of the network on {len(test):,} test jets: {auc(scores, test.label):.3f}")

# %% [markdown]
# ## Energy flow polynomials
#
# A multigraph says which particles are correlated and how strongly: a dot is a sum over the
# particles of the jet, weighted by momentum fractions $z^\kappa$, a line is an angle $\Delta
# R^\beta$ between two of them. These are the connected ones of up to three lines.

# %%
graphs = multigraphs(3)
with hep_style():
    figure, row = plt.subplots(1, len(graphs), figsize=(11, 1.7))
    for axes, graph in zip(row, graphs, strict=True):
        draw_multigraph(axes, graph.edges)
        axes.set_title(str(graph), fontsize=11, loc="center")
plt.show()

# %% [markdown]
# They are differentiable in everything: here the slope of the AUC-carrying polynomial of one line
# in its exponent β, for the first jets.

# %%
few = jax.tree.map(jnp.asarray, test[:3])
slope = jax.jacfwd(lambda beta: efps(few, graphs[1:2], beta=beta)[:, 0])(0.5)
print("dEFP/dβ at β = 0.5:", np.round(slope, 3))

# %% [markdown]
# ## Who orders jets alike?
#
# The average decision ordering (ADO) of two scores is the share of quark–gluon pairs that both put
# in the same order; an ADO far below ½ is as good as one far above.

# %%
named = named_library(test)
matrix = ado_matrix(dict(list(named.values.items())[:4]) | {"network": scores}, test.label)
for name, cells in matrix.items():
    print(f"{name:<14}", " ".join(f"{value:6.3f}" for value in cells.values()))

# %% [markdown]
# ## Guiding
#
# From all of these the observable is taken that orders most as the network does; then the one that
# does so on the pairs that are still ordered differently; and so on.

# %%
library = named | efp_library(test, multigraphs(4), kappas=(1, 2), betas=(0.5, 1))
found = guide(scores, library, test.label, max_steps=3)
print(found)

# %% [markdown]
# The first one alone, against the network:

# %%
first = found.steps[0].name
with hep_style():
    figure, axes = plt.subplots(figsize=(6.2, 4.6))
    for label, name, colour in ((1, "quark", BLUE), (0, "gluon", INK)):
        chosen = np.asarray(test.label) == label
        axes.plot(library[first][chosen], scores[chosen], ".", color=colour, ms=4, label=name)
    axes.set(xlabel=first, xscale="log")
    axes.set_ylabel("score of the network")
    axes.legend()
plt.show()
print(f"ADO with the network: {ado(library[first], scores, test.label):.3f}")

# %% [markdown]
# ## How far to the other side?
#
# The robustness of a classifier is the median, over jets, of the least transport cost
# $p_T \sum_i z_i |\Delta \hat p_i|$ in GeV at which it decides otherwise.

# %%
moved = flips(network, test[:100], threshold=float(np.median(scores)), pt_ref=525.0, steps=100)
print(f"smallest flip, median over jets: {moved.robustness} GeV")
with hep_style():
    figure, axes = plt.subplots(figsize=(6.2, 4.6))
    axes.plot(np.abs(moved.value), moved.cost, "o", color=BLUE)
    axes.set(xlabel="distance of the score from the threshold", ylabel="smallest flip [GeV]")
plt.show()
