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
# # How far must a jet move before a network changes its mind?
#
# Two Energy Flow Networks are trained on the sample: one as usual, one against an adversary who may
# move each training jet by 4 GeV of transport. Then both are attacked. A move of the particles
# costs $p_T \sum_i z_i |\Delta \hat p_i|$ in GeV, at least the energy mover's distance between the
# jet before and after. It takes about three minutes.

# %%
import jax
import matplotlib.pyplot as plt
import numpy as np

from smearjax import load_jets
from smearjax.evaluate import auc
from smearjax.interpret import attack_curve, flips, isometry_attack, noise_curve
from smearjax.jets import split
from smearjax.networks import EFN, Adversary, TrainingConfig, network_scores, train_network
from smearjax.report.style import BLUE, INK, hep_style

PT_REF = 525.0
train, validation, test = split(load_jets("sample"), (0.5, 0.1, 0.4))
networks = {}
for name, augmentation in (("EFN", None), ("EFN, adversary", Adversary(PT_REF, budget=4.0))):
    config = TrainingConfig(epochs=15, augmentation=augmentation, progress=False)
    trained = train_network(EFN(key=jax.random.key(0)), train, validation, config)
    networks[name] = trained.network
    area = auc(network_scores(trained.network, test), test.label)
    print(
        f"{name:<15} AUC on {len(test):,} test jets {area:.3f}, trained in {trained.seconds:.0f} s"
    )
colours = dict(zip(networks, (INK, BLUE), strict=True))

# %% [markdown]
# ## The smallest flip
#
# Each jet is moved as little as possible until the network decides otherwise. The median over jets
# is an energy, and so comparable between networks whatever the units of their scores.

# %%
with hep_style():
    figure, axes = plt.subplots(figsize=(6.6, 4.8))
    for name, network in networks.items():
        middle = float(np.median(network_scores(network, test)))
        found = flips(network, test[:100], middle, pt_ref=PT_REF, steps=100)
        print(f"{name:<15} smallest flip, median over 100 jets: {found.robustness} GeV")
        share = np.arange(1, 101) / 100
        axes.step(np.sort(found.cost), share, where="post", color=colours[name], label=name)
    axes.axhline(0.5, color="0.6", lw=1)
    axes.set(xscale="log", xlabel="smallest flip [GeV of transport]", ylabel="share of jets")
    axes.legend(loc="upper left")
plt.show()

# %% [markdown]
# ## One curve: AUC against GeV
#
# Every jet is moved against its label, as far as a budget allows.

# %%
with hep_style():
    figure, axes = plt.subplots(figsize=(6.6, 4.8))
    for name, network in networks.items():
        curve = attack_curve(network, test[:300], [0, 0.5, 1, 2, 4, 8], pt_ref=PT_REF, steps=30)
        low, high = ([getattr(one, end) for one in curve.auc] for end in ("lo", "hi"))
        axes.plot(
            curve.budget, [one.value for one in curve.auc], "o-", color=colours[name], label=name
        )
        axes.fill_between(curve.budget, low, high, color=colours[name], alpha=0.2, lw=0)
    axes.axhline(0.5, color="0.6", lw=1)
    axes.set(xlabel="budget [GeV of transport]", ylabel="AUC on 300 test jets")
    axes.legend()
plt.show()

# %% [markdown]
# ## What costs nothing
#
# Turning and mirroring a jet leaves all angles between its particles: no budget in GeV forbids it.
# These networks were trained on jets turned at random, and yet lose AUC when each jet is turned to
# its worst.

# %%
for name, network in networks.items():
    turned = isometry_attack(network, test, turns=16)
    print(f"{name:<15} AUC {turned.before}")
    print(f"{'':<15} turned and mirrored {turned.auc}")

# %% [markdown]
# ## Noise
#
# Chance is no adversary: noise that moves a jet by more GeV than the smallest flip may cost next to
# nothing.

# %%
for kind, strengths in (("angles", [0.003, 0.01, 0.03]), ("lost", [0.3, 1.0, 3.0])):
    curve = noise_curve(networks["EFN"], test, kind, strengths, pt_ref=PT_REF)
    for moved, area in zip(curve.moved, curve.auc, strict=True):
        print(f"{kind:<7} moved by {moved.value:5.2f} GeV (median SEMD): AUC {area}")
