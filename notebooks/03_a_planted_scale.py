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
# # A planted scale, found
#
# An instrument that reads scales should read right where the answer is known. Here is how to plant
# a scale: take jets that are alike in both classes, and give one class more often a soft emission
# at a wide angle. How far that emission moves a jet is measured exactly, in GeV. Then look for it.

# %%
import matplotlib.pyplot as plt
import numpy as np

from smearjax import SmearedLikelihood, epsilon_curve, information
from smearjax.planted import few_emissions, kappa, plant, plant_at
from smearjax.smearing import permuted, scale_peaks

BLUE, RED, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#5c6670"
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

epsilon = np.geomspace(1.5, 100, 18)

# %% [markdown]
# ## One plant
#
# 1,200 toy jets of two to four emissions within .1 of a core, the same in both classes. The plant
# sits at ΔR = .4 with the momentum that puts it at 15 GeV, in 80 % of class 1, 20 % of class 0.

# %%
nuisance = few_emissions(1200, seed=1)
one = plant_at(15.0, nuisance, quark=0.8, gluon=0.2)
planted = plant(nuisance, [one], seed=2)
distances = planted.distances()
print(f"momentum fraction z = {one.momentum:.4f}; d between a jet with and without it: "
      f"median {np.median(distances):.1f} GeV, 16 to 84 %: {np.quantile(distances, 0.16):.1f} to "
      f"{np.quantile(distances, 0.84):.1f} GeV")  # fmt: skip

# %% [markdown]
# −dR/dln ε and −dB/dln ε peak at ε = κ·ε0/√2. κ is known in closed form for R and B. The slope of
# the AUC, which one might have thought of first, points elsewhere.

# %%
likelihood = SmearedLikelihood(planted.jets)
info = information(likelihood, epsilon, replicas=20)
curve = epsilon_curve(likelihood, None, epsilon, replicas=5)
fig, ax = plt.subplots(figsize=(6.6, 4.2))
for name, slope, error, colour in (
    ("$-$dR/dln ε", info.minus_dR, info.minus_dR_err, BLUE),
    ("$-$dB/dln ε", info.minus_dB, info.minus_dB_err, RED),
    ("$-$dAUC/dln ε", curve.minus_dauc, curve.minus_dauc_err, GREEN),
):
    ax.plot(epsilon, slope, color=colour, label=name)
    ax.fill_between(epsilon, slope - error, slope + error, color=colour, alpha=0.25)
ax.axvline(15 * kappa(0.8, 0.2)[1] / np.sqrt(2), color=GREY, ls="--", label="κ ε$_0$/√2")
ax.set(xscale="log", xlabel="resolution ε [GeV]", ylabel="information per ln ε")
ax.legend()
plt.show()

# %%
for name, which, factor in zip("RB", ("minus_dR", "minus_dB"), kappa(0.8, 0.2), strict=True):
    (peak,) = scale_peaks(info, which)
    found = peak.distance / factor
    print(f"{name}: √2 ε_peak/κ = {found:.1f} GeV, planted {np.median(distances):.1f} GeV")

# %% [markdown]
# ## Two plants

# %%
nuisance = few_emissions(2000, seed=1)
plants = [
    plant_at(5.0, nuisance, quark=0.8, gluon=0.2, angle=0.3),
    plant_at(60.0, nuisance, quark=0.8, gluon=0.2),
]
two = information(SmearedLikelihood(plant(nuisance, plants, seed=3).jets), epsilon, replicas=20)
print(*scale_peaks(two), sep="\n")

# %% [markdown]
# ## None
#
# The same plant, but as frequent in both classes. Nothing should be found, and nothing is.

# %%
same = plant_at(15.0, nuisance, quark=0.5, gluon=0.5)
likelihood = SmearedLikelihood(plant(nuisance, [same], seed=4).jets)
nothing = information(likelihood, epsilon, replicas=20)
null = permuted(likelihood, epsilon, permutations=100)
print("peaks:", scale_peaks(nothing), "p-value:", round(null.p_value(nothing), 2))
