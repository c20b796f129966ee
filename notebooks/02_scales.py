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
# # What the scales say
#
# R(ε) and B(ε) say how much of what tells two classes apart is left at a resolution ε. This
# notebook asks the questions that a referee would ask of such a curve: could labels that mean
# nothing look like this? Is there one scale, or all of them? Would ten times as many jets say
# something else? And which scales does a classifier weigh, if it may choose?

# %%
import matplotlib.pyplot as plt
import numpy as np

from smearjax import SmearedLikelihood, information, load_jets
from smearjax.evaluate import auc
from smearjax.jets import split
from smearjax.smearing import (
    agreed_scales,
    extrapolate,
    learn_mixture,
    permuted,
    scale_peaks,
)

BLUE, RED, GREY = "#0072B2", "#D55E00", "#5c6670"
plt.rcParams.update(
    {
        "figure.constrained_layout.use": True,
        "figure.dpi": 110,
        "font.size": 12,
        "axes.titlesize": 12,
        "axes.titlelocation": "left",
        "legend.frameon": False,
        "lines.linewidth": 2,
        "xtick.direction": "in",
        "ytick.direction": "in",
    }
)

jets = load_jets("sample")[:1600]
likelihood = SmearedLikelihood(jets)
epsilon = np.geomspace(2, 80, 11)

# %% [markdown]
# ## Could it be chance?
#
# Permute the labels a hundred times. The distances are made once; every permutation is a column of
# weights in the same pass over the pairs. The grey bands hold 95 % of the permutations at each ε,
# and the p-value asks how often one of them stands out *anywhere* as much as the data do.

# %%
info = information(likelihood, epsilon, replicas=20)
null = permuted(likelihood, epsilon, permutations=100)
fig, ax = plt.subplots(figsize=(6.6, 4.2))
for curve, colour in (("minus_dR", BLUE), ("minus_dB", RED)):
    value, error = getattr(info, curve), getattr(info, f"{curve}_err")
    name = curve.replace("minus_d", "$-$d") + "/dln ε"
    ax.plot(epsilon, value, color=colour, label=f"{name}, p = {null.p_value(info, curve):.2f}")
    ax.fill_between(epsilon, value - error, value + error, color=colour, alpha=0.25)
    ax.fill_between(epsilon, *null.band(curve), color=GREY, alpha=0.3, lw=0)
ax.set(xscale="log", ylim=(-0.1, 0.3), xlabel="resolution ε [GeV]", ylabel="information per ln ε")
ax.set_title("Grey: 95 % of permuted labels")
ax.legend()
plt.show()

# %% [markdown]
# ## Is there one scale?
#
# A scale is claimed only if R and B and both halves of the data peak within 20 % of one another.

# %%
halves = [information(likelihood.restrict(range(k, 1600, 2)), epsilon, replicas=20) for k in (0, 1)]
for curve in ("minus_dR", "minus_dB"):
    print(curve, *scale_peaks(info, curve), sep="\n  ")
print("agreed:", agreed_scales([info, *halves]) or "no single scale: information at all of them")

# %% [markdown]
# ## Would more jets change it?
#
# R hardly depends on the number of jets, an AUC does. `extrapolate` fits both at N, N/2, N/4, N/8
# and says where the limit can be trusted.

# %%
print(extrapolate(likelihood, [4.0, 8.0, 16.0, 32.0]))

# %% [markdown]
# ## Which scales does a classifier take?
#
# Let a classifier mix the smeared likelihood ratios of several ε, with weights that are learned on
# leave-one-out ratios. The weights are a spectrum in GeV.

# %%
train, validation, test = split(jets, (0.6, 0.15, 0.25), seed=1)
mixture = learn_mixture(SmearedLikelihood(train), validation, np.geomspace(2.5, 40, 7))
print(mixture)
scores = {"mixture": mixture.score(test)}
for k in (1, 2, 3):
    scores[f"ε = {mixture.epsilon[k]:.1f} GeV"] = np.asarray(
        mixture.likelihood.log_ratio(test, mixture.epsilon[k])
    )
for name, score in scores.items():
    print(f"{name:<14} test AUC {auc(score, test.label):.3f}")

# %%
fig, ax = plt.subplots(figsize=(6.6, 3.6))
ax.errorbar(mixture.epsilon, mixture.weight, mixture.weight_err, fmt="o", color=BLUE)
ax.axhline(0, color=GREY, lw=0.8)
ax.set(xscale="log", xlabel="resolution ε [GeV]", ylabel="weight of ln L(x|ε)")
ax.set_title("The scales that a mixture takes")
plt.show()
