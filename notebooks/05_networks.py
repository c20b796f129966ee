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
# # Which scales has a network learned?
#
# A network gives every jet a probability to be a quark jet. Put that in the place of the label, and
# R(ε) and B(ε) say at which scales the *network* tells quark from gluon jets. Beside the curves of
# the true labels they show what it has learned and what it has missed.
#
# Three networks of smearjax, trained for a few epochs on half of the sample: an Energy Flow
# Network, a Moment EFN that also sees products of what it learns, and a Lipschitz EFN whose output
# cannot move faster than a bound that you choose in GeV. It takes about two minutes.

# %%
import jax
import matplotlib.pyplot as plt
import numpy as np

from smearjax import SmearedLikelihood, information, load_jets
from smearjax.evaluate import auc, bootstrap_interval
from smearjax.jets import split
from smearjax.networks import (
    EFN,
    LipschitzEFN,
    MomentEFN,
    TrainingConfig,
    network_scores,
    train_network,
)
from smearjax.report.style import BLUE, INK, OCHRE, PURPLE, hep_style

train, validation, test = split(load_jets("sample"), (0.5, 0.1, 0.4))
config = TrainingConfig(epochs=12, progress=False)
key = jax.random.key(0)

# %% [markdown]
# ## Training
#
# One call trains any of them; the epoch of the lowest validation loss is kept. With `folder=...` a
# training that is killed goes on where it was, to the last bit.

# %%
networks = {
    "EFN": EFN(key=key),
    "Moment EFN": MomentEFN((100, 100, 16), order=2, key=key),
    "Lipschitz EFN": LipschitzEFN(emd_scale=2.0, key=key),
}
scores = {}
for name, network in networks.items():
    trained = train_network(network, train, validation, config)
    scores[name] = network_scores(trained.network, test)
    interval = bootstrap_interval(auc, scores[name], test.label)
    print(f"{name:<14} AUC {interval.value:.3f} (68 %: {interval.lo:.3f} to {interval.hi:.3f})")

# %% [markdown]
# ## Their scales
#
# `information` takes the probability in place of the labels. A network that knows the true
# probability has the curve of the labels, with less noise; a curve that stays below says that it
# has not learned what the classes differ in at that scale. (A network that is too sure of itself
# has too much.)

# %%
likelihood = SmearedLikelihood(test)
epsilon = np.geomspace(2.0, 60.0, 12)  # GeV
curves = {"labels": information(likelihood, epsilon, replicas=20)}
for name, score in scores.items():
    probability = 1 / (1 + np.exp(-score.astype(float)))
    curves[name] = information(likelihood, epsilon, probability=probability, replicas=20)

with hep_style():
    figure, axes = plt.subplots(figsize=(8, 5.6))
    for (name, info), colour in zip(curves.items(), (BLUE, INK, OCHRE, PURPLE), strict=True):
        axes.plot(epsilon, info.R, "o-", color=colour, label=name)
        axes.fill_between(
            epsilon, info.R - info.R_err, info.R + info.R_err, color=colour, alpha=0.2
        )
    axes.set(xscale="log", xlabel="resolution ε [GeV]", ylabel="R(ε)")
    axes.set_xticks([2, 5, 10, 20, 50], ["2", "5", "10", "20", "50"])
    axes.set_xticks([], minor=True)
    axes.legend()
    plt.show()

# %% [markdown]
# The Lipschitz EFN with its bound of 2 GeV has learned the large scales as well as the others, and
# has missed much of what lies below 10 GeV: it cannot tell apart what differs so little.
#
# ## A bound in GeV
#
# The Lipschitz EFN was made with `emd_scale=2.0`: its output moves by at most 1 for every 2 GeV of
# energy mover's distance between two (centred) jets. So a particle of 5 GeV that moves by 0.1 can
# change it by at most 5 × 0.1/2 = 0.25, whatever the jet. Try it on a real one.

# %%
bounded = train_network(networks["Lipschitz EFN"], train, validation, config).network
one = test[:1]
z = np.asarray(one.pt[0]) / float(one.total_pt[0])
k = int(np.argmin(np.abs(z * bounded.pt_ref - 5.0)))
y = np.array(one.y)
y[0, k] += 0.1
before, after = network_scores(bounded, one)[0], network_scores(bounded, one.replace(y=y))[0]
# Moving one particle moves the centroid of all others too: at most as much again.
allowed = 2 * bounded.pt_ref * z[k] * 0.1 / bounded.emd_scale
print(f"particle of {z[k] * bounded.pt_ref:.1f} GeV: moved by {abs(after - before):.3f}")
print(f"allowed: {allowed:.3f}")
assert abs(after - before) <= allowed

# %% [markdown]
# `smearjax train` and `smearjax compare` do the same from the command line and write a page.
