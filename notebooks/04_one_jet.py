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
# # One jet: why is it called a gluon jet?
#
# A smeared likelihood is an average over jets that one can look at. So for any single jet it can
# say *why* it decides as it does: which jets lie within a resolution ε of it, how many of them are
# quark jets, and how that changes as ε grows from "only its twins" to "everything".
#
# This notebook takes two jets of the sample, a plain gluon jet and one that changes sides, and
# follows both through all resolutions. It takes less than a minute.

# %%
import matplotlib.pyplot as plt
import numpy as np

from smearjax import SmearedLikelihood, load_jets
from smearjax.interpret.explain import explain
from smearjax.report.axes import epsilon_axis
from smearjax.report.flow import flow_figure
from smearjax.report.style import hep_style

jets = load_jets("sample")[:2000]
likelihood = SmearedLikelihood(jets)
epsilon = np.geomspace(2.0, 60.0, 21)  # GeV

# %% [markdown]
# ## A plain gluon jet
#
# `explain` takes the number of a reference jet (it is left out of its own ball) or any other jet.
# The answer holds the log ratio ln L(x|ε), positive for quark-like, with a 68 % band from the
# bootstrap over the reference jets, its exact slope in ln ε, what the balls hold, and the ε at
# which the verdict flips.

# %%
plain = explain(likelihood, 12, epsilon)
print(plain)

# %% [markdown]
# The picture puts the curve beside the jets behind it. Each row of event displays shows four jets
# of one ball (dotted lines on the left), picked so that each stands for a quarter of the kernel
# weight, nearest first. The metric does not see how a jet is turned; so all of them are drawn with
# the long axis flat and the heavier side to the right and up.

# %%
with hep_style():
    flow_figure(plain, jets, figure=plt.figure())
    plt.show()

# %% [markdown]
# Three prongs at wide angles: at small ε, the few jets that look like it are gluon jets. Then the
# ball grows, rounder and narrower jets enter, and ln L climbs to 0, where one jet looks like any
# other. It never crosses: this jet is a gluon jet at every resolution. Where the ball holds fewer
# than two jets, effectively (grey), nothing is said.
#
# ## A jet that changes sides

# %%
turning = explain(likelihood, 21, epsilon)
for flip in turning.flips:
    print(flip)

with hep_style():
    flow_figure(turning, jets, figure=plt.figure())
    plt.show()

# %% [markdown]
# Seen coarsely it is a quark jet: narrow, few particles far out. Up close, its nearest neighbours
# are gluon jets with the same kind of core. Both are true, at their scale. Which one a classifier
# says depends on the resolution that it was trained to have, and the error of the flip tells how
# well 2,000 jets know where the two meet.
#
# ## What the slope says
#
# For the Gaussian kernel the slope has a meaning of its own,
#
# $$ \frac{d \ln L}{d \ln\varepsilon} = \frac{\langle d^2\rangle_q - \langle d^2\rangle_g}
#    {\varepsilon^2}, $$
#
# the mean squared distance of the quarks in the ball less that of the gluons. It is positive where
# the gluons sit closer: zooming out brings in quarks. Both jets at the middle of the grid:

# %%
for found in (plain, turning):
    e = len(epsilon) // 2
    difference = found.slope[e] * found.epsilon[e] ** 2
    print(f"{found.name}: at ε = {found.epsilon[e]:.1f} GeV the quarks of the ball lie "
          f"{difference:+.0f} GeV² further out than the gluons")  # fmt: skip

# %% [markdown]
# ## Any other function of the jets
#
# Give `values`, one number for each reference jet, and they are smeared in place of the labels.
# With a network's output that shows at which scales the network's opinion about this jet is
# formed. Here the number of particles, which is no part of the metric: what does the neighbourhood
# say about it? (Dotted: what the jet itself has.)

# %%
with hep_style():
    figure, axes = plt.subplots(figsize=(7.5, 4.6))
    for number, colour in ((12, "#D55E00"), (21, "#0072B2")):
        found = explain(likelihood, number, epsilon, values=jets.multiplicity, level=45.0)
        axes.fill_between(epsilon, found.lo, found.hi, color=colour, alpha=0.22, lw=0)
        axes.plot(epsilon, np.where(found.empty, np.nan, found.value), color=colour)
        axes.axhline(int(jets.multiplicity[number]), color=colour, lw=1, ls=":")
        axes.text(epsilon[10], found.value[10] + 3, found.name, color=colour)
    axes.set(ylabel="particles, smeared", title="What its neighbours say about a jet")
    epsilon_axis(axes, [{"epsilon_gev": e} for e in epsilon])
    plt.show()

# %% [markdown]
# ## Where to go from here
#
# * `explain(likelihood, jets[:1], epsilon)` asks about a jet from outside the reference.
# * `shown_at=[3.0, 10.0]` chooses the balls of which jets are shown, `neighbours=6` how many.
# * `likelihood.with_kernel(HardBall())` uses the sharp ball of the original paper: its curve jumps,
#   has no slope, and still has flips.
