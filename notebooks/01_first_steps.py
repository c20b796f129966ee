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
# # First steps: at which energy scales do quark and gluon jets differ?
#
# A classifier that tells quark jets from gluon jets has learned *something*. smearjax asks at which
# energies that something lives. The idea (A. Larkoski, arXiv:2501.07643) fits into three lines:
#
# 1. measure how far apart two jets are, in GeV;
# 2. blur everything we know about a jet over all jets within a resolution ε of it;
# 3. turn the knob ε and watch when the power to tell the classes apart goes away.
#
# This notebook walks through those lines with the simulated jets that come with the package. It
# takes less than a minute. Every number is computed on the way; change something and run it again.

# %%
import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np

from smearjax import (
    Jets,
    SmearedLikelihood,
    epsilon_curve,
    find_scales,
    information,
    load_jets,
    semd_distance,
    spectral_function,
)
from smearjax.evaluate import auc
from smearjax.jets import center, split
from smearjax.observables import jet_mass
from smearjax.smearing import HardBall

QUARK, GLUON, INK = "#0072B2", "#D55E00", "#1a1a1a"
plt.rcParams.update(
    {
        "figure.constrained_layout.use": True,
        "figure.dpi": 110,
        "font.size": 12,
        "axes.titlesize": 12,
        "axes.titlelocation": "left",
        "legend.frameon": False,
        "lines.linewidth": 2,
        **{f"{x}tick.direction": "in" for x in "xy"},
        **{f"{x}tick.minor.visible": True for x in "xy"},
        "xtick.top": True,
        "ytick.right": True,
    }
)

# %% [markdown]
# ## The jets
#
# A jet is a list of massless particles: transverse momentum pT (GeV), rapidity y and azimuth φ.
# `Jets` holds many of them; label 1 is a quark jet, 0 a gluon jet. Half of the sample is enough
# here, drawn with a seed. These are the *reference*, the jets that likelihoods are built from.

# %%
sample = load_jets("sample")
reference, _ = split(sample, (0.5, 0.5), seed=1)
pt_ref = float(reference.total_pt.mean())

print(sample)
print(f"\nreference: {len(reference):,} jets, mean pT = pT_ref = {pt_ref:.1f} GeV")

# %% [markdown]
# To have something to look at, take from each class the jet whose mass is closest to the median
# of its class.


# %%
def typical(jets, label):
    """The jet of median mass of one class, as a set of one."""
    of_class = jets[jets.label == label]
    mass = jet_mass(of_class)
    return of_class[[np.argmin(np.abs(mass - np.median(mass)))]]


quark, gluon = typical(reference, 1), typical(reference, 0)
pair = {"quark": (quark, QUARK), "gluon": (gluon, GLUON)}

figure, panels = plt.subplots(1, 2, figsize=(8.6, 4.3), sharex=True, sharey=True)
for axes, (name, (jet, colour)) in zip(panels, pair.items(), strict=True):
    seen = jet.mask[0]
    about = center(jet)
    area = 12 * jet.pt[0][seen]
    style = {"alpha": 0.5, "edgecolor": "white", "lw": 0.8}
    axes.scatter(about.y[0][seen], about.phi[0][seen], area, colour, **style)
    axes.set_title(f"{name} jet: {seen.sum()} particles, m = {jet_mass(jet)[0]:.0f} GeV")
    axes.set_xlabel("rapidity y − y(jet)")
    axes.set_aspect("equal")
    axes.set(xlim=(-0.45, 0.45), ylim=(-0.45, 0.45))
panels[0].set_ylabel("azimuth φ − φ(jet) [rad]")
figure.suptitle("one disc a particle, area ∝ pT", fontsize=11, color="0.4")
plt.show()

# %% [markdown]
# ## The spectral function of a jet
#
# Forget where the jet points and how it is turned. What is left is, for each pair of particles,
# the angle ω between them and the product of their energies:
#
# $$ s(\omega) = \sum_i z_i^2\,\delta(\omega) + \sum_{i<j} 2 z_i z_j\,\delta(\omega-\omega_{ij}),
#    \qquad z_i = p_{T,i}\Big/\sum_j p_{T,j},\quad \omega_{ij} = \Delta R_{ij} . $$
#
# Its weights sum to 1. Sort the pairs from the widest angle down and add up their weights: that
# is the *quantile function* q(U), the angle at which a fraction U of the weight lies further out.

# %%
spectra = {name: spectral_function(jet) for name, (jet, _) in pair.items()}

figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.1))
for name, (_, colour) in pair.items():
    s = spectra[name]
    true_pair = (s.omega[0] > 0) & (s.weight[0] > 0)
    left.scatter(s.omega[0][true_pair], s.weight[0][true_pair], 9, colour, alpha=0.4, lw=0)
    right.stairs(s.quantile[0], np.append(0, s.upper[0]), baseline=None, color=colour, lw=2)
    left.scatter([], [], 40, colour, label=f"{name} jet, {true_pair.sum():,} pairs")
left.set(yscale="log", xlim=(0, None), ylim=(1e-7, None))
left.set(xlabel="angle of the pair ω = ΔR", ylabel=r"weight $2z_iz_j$", title="spectral function")
left.legend(loc="upper right", handletextpad=0.2)
right.set(xlim=(0, 1), ylim=(0, None), title="quantile function")
right.set(xlabel="fraction U of the weight, widest first", ylabel="angle q(U)")
plt.show()

for name, s in spectra.items():
    alone = float(s.weight[s.omega == 0].sum())
    print(f"{name} jet: weights sum to {float(s.weight.sum()):.6f}, of which {alone:.3f} at ω = 0")

# %% [markdown]
# ## The distance between two jets
#
# How much must one quantile function move to become the other? That is optimal transport in one
# dimension, and no optimisation is needed, only an integral. The root of the spectral energy
# mover's distance (SEMD), times a reference momentum, is a distance in GeV:
#
# $$ d(A,B)^2 = p_{T,\mathrm{ref}}^2 \int_0^1 \mathrm{d}U\,\big(q_A(U)-q_B(U)\big)^2 . $$

# %%
distance = float(semd_distance(spectra["quark"], spectra["gluon"], pt_ref)[0])
edges = np.unique(np.concatenate([np.asarray(s.upper[0]) for s in spectra.values()]))
middle = (edges[1:] + edges[:-1]) / 2


def quantile(s, u):
    """Return q at U = u: the first entry whose cumulated weight passes u."""
    entry = np.minimum(np.searchsorted(s.upper[0], u), s.omega.shape[1] - 1)
    return np.asarray(s.quantile[0])[entry]


difference = pt_ref * (quantile(spectra["gluon"], middle) - quantile(spectra["quark"], middle))

figure, axes = plt.subplots(figsize=(6.6, 4.1))
for name, wider, colour in (("gluon", difference > 0, GLUON), ("quark", difference < 0, QUARK)):
    height = np.where(wider, difference**2, 0)
    axes.stairs(height, edges, fill=True, color=colour, alpha=0.35, lw=0)
    axes.stairs(height, edges, color=colour, lw=1.2, label=f"{name} jet wider")
axes.set(xlim=(0, 1), ylim=(0, None), xlabel="fraction U of the weight, widest first")
axes.set(ylabel=r"$p_{T,\mathrm{ref}}^2\,(q_A-q_B)^2$ [GeV²]")
axes.set_title(f"the area is d² = ({distance:.1f} GeV)²")
axes.legend()
plt.show()

area = np.sum(np.diff(edges) * difference**2)
print(f"semd_distance: {distance:.3f} GeV, root of the area: {np.sqrt(area):.3f} GeV")

# %% [markdown]
# ### What does 1 GeV mean?
#
# Measure every jet against the simplest one there is: a single particle, whose quantile function
# is 0. Then d² is pT_ref² Σ 2 z_i z_j ω_ij², and for small angles that is twice the squared mass:
#
# $$ d(\text{jet},\ \text{one particle}) \approx \sqrt{2}\,m . $$
#
# So, seen from a single particle, 1 GeV of distance is about 0.7 GeV of jet mass.

# %%
few = reference[:400]
one_particle = spectral_function(Jets(*np.array([[[1.0]], [[0.0]], [[0.0]]], few.pt.dtype)))
d = np.asarray(semd_distance(spectral_function(few), one_particle, few.total_pt))
mass = jet_mass(few)

figure, axes = plt.subplots(figsize=(5.2, 4.6))
for name, label, colour in (("quark", 1, QUARK), ("gluon", 0, GLUON)):
    own = few.label == label
    axes.scatter(np.sqrt(2) * mass[own], d[own], 12, colour, alpha=0.6, lw=0, label=f"{name} jets")
top = 1.05 * d.max()
axes.plot([0, top], [0, top], color=INK, lw=1, label=r"$d = \sqrt{2}\,m$")
axes.set(xlim=(0, top), ylim=(0, top), xlabel=r"$\sqrt{2}\times$ jet mass [GeV]")
axes.set(ylabel="d(jet, one particle) [GeV]", title=f"{len(few)} jets")
axes.legend()
plt.show()

low, median, high = np.percentile(d / (np.sqrt(2) * mass), [5, 50, 95])
print(f"d / (√2 m): median {median:.3f}, 5 % to 95 %: {low:.3f} to {high:.3f}")

# %% [markdown]
# (Here each jet's own pT stands in for pT_ref, since its mass knows its own pT. What is left of
# the scatter is the small-angle approximation; with `omega="chord"` the relation is exact.)
#
# ## A smeared likelihood
#
# Around a jet x, count the quark and the gluon jets of the reference, weighing each by how close
# it is. With a Gaussian kernel of width ε,
#
# $$ L(x|\varepsilon) = \frac{n_q(x,\varepsilon)/W_q}{n_g(x,\varepsilon)/W_g}, \qquad
#    n_c(x,\varepsilon) = \sum_{i\in c} w_i\,e^{-d(x,x_i)^2/2\varepsilon^2}, $$
#
# where W_c is the total weight of class c. `None` in place of a query means *leave one out*: each
# reference jet is judged by all the others, never by itself.

# %%
likelihood = SmearedLikelihood(reference)
for key, value in likelihood.convention.items():
    print(f"{key:>10}  {value:.6g}" if isinstance(value, float) else f"{key:>10}  {value}")

# %%
epsilon = 8.0  # GeV
log_ratio = np.asarray(likelihood.log_ratio(None, epsilon))
label = reference.label

figure, axes = plt.subplots(figsize=(6.6, 4.1))
bins = np.linspace(*np.percentile(log_ratio, [0.5, 99.5]), 41)
for name, which, colour in (("quark", 1, QUARK), ("gluon", 0, GLUON)):
    own = log_ratio[label == which]
    style = {"bins": bins, "density": True, "color": colour}
    axes.hist(own, **style, alpha=0.25)
    axes.hist(own, **style, histtype="step", lw=1.8, label=f"{len(own):,} {name} jets")
axes.set(xlabel=f"ln L(x|ε) at ε = {epsilon:g} GeV", ylabel="jets, normalised", xlim=bins[[0, -1]])
axes.set_title(f"leave-one-out AUC {auc(log_ratio, label):.3f}; central 99 % of jets shown")
axes.legend()
plt.show()

# %% [markdown]
# ## Its gradient in ε
#
# ε is not a setting to fix in advance: the likelihood is differentiable in it, exactly. Follow a
# few jets of the reference as ε grows, each left out of its own likelihood. The short lines are
# tangents, from one call of `jax.jvp`; on the right, the slope is checked against a finite
# difference. A curve begins where at least two other jets effectively share the ball: below, it
# counts as empty, and L = 1.

# %%
grid = np.geomspace(3.0, 60.0, 31).astype(np.float32)  # GeV
followed = np.concatenate([np.flatnonzero(label == c)[:3] for c in (1, 0)])


def log_likelihood(log_epsilon):
    """Return ln L of the followed jets at every ε: (E, jets)."""
    return likelihood.log_ratio(None, jnp.exp(log_epsilon))[:, followed]


x = jnp.log(grid)
value, slope = jax.jvp(log_likelihood, (x,), (jnp.ones_like(x),))
step = 0.01
finite = (log_likelihood(x + step) - log_likelihood(x - step)) / (2 * step)
alone = likelihood.balls(None, jnp.exp(x - step)).empty[:, followed]
value, slope, finite = (jnp.where(alone, jnp.nan, curve) for curve in (value, slope, finite))


def energy_axis(axes, epsilon, label="resolution ε [GeV]"):
    """A logarithmic axis of ε with plain numbers on it."""
    ticks = [tick for tick in (1, 2, 5, 10, 20, 50, 100) if epsilon[0] <= tick <= epsilon[-1]]
    axes.set_xscale("log")
    axes.set_xlim(epsilon[0], epsilon[-1])
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
    axes.xaxis.set_minor_formatter("")
    axes.set_xlabel(label)


figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.1))
for i, which in enumerate(label[followed]):
    colour = QUARK if which else GLUON
    left.plot(grid, value[:, i], color=colour, lw=1.3, alpha=0.6)
    for k in range(3, len(grid), 6):
        near = x[k] + np.array([-0.12, 0.12])
        left.plot(np.exp(near), value[k, i] + slope[k, i] * (near - x[k]), color=INK, lw=1.6)
    right.plot(grid, slope[:, i], color=colour, lw=1.3, alpha=0.8)
    right.plot(grid[::3], finite[::3, i], "o", color=colour, ms=4)
for axes in (left, right):
    axes.axhline(0, color="0.8", lw=0.8, zorder=0)
    energy_axis(axes, grid)
left.plot([], [], color=QUARK, label="quark jets")
left.plot([], [], color=GLUON, label="gluon jets")
left.plot([], [], color=INK, lw=1.6, label="tangents")
left.legend(ncols=3, loc="upper right", fontsize=10, columnspacing=1, handlelength=1.2)
left.set(ylabel="ln L(x|ε)", ylim=(left.get_ylim()[0], 1.25 * left.get_ylim()[1]))
right.plot([], [], color=INK, lw=1.3, label="exact")
right.plot([], [], "o", color=INK, ms=4, label="finite difference")
right.set(ylabel="d ln L / d ln ε")
right.legend()
plt.show()

print(f"largest |exact − finite difference|: {float(jnp.nanmax(jnp.abs(slope - finite))):.1e}")
print(f"largest |slope|: {float(jnp.nanmax(jnp.abs(slope))):.2f}")

# %% [markdown]
# ## The best ε
#
# Too small a ball holds too few jets to say anything, too large a one holds everything. Somewhere
# between, the leave-one-out cross-entropy has its minimum, and with a gradient it takes a few
# steps to find.

# %%
best = find_scales(likelihood)
print(best)

# %% [markdown]
# Next to it the whole curve, for the Gaussian and for the sharp ball of the original paper
# (K = 1 within ε, 0 outside). Bands are 68 % bootstrap intervals over jets. A sharp ball can be
# empty; its jet then counts as a tie, L = 1. The lower panel says how often that happens, and for
# the Gaussian how often fewer than two jets effectively contribute.

# %%
scan = np.geomspace(2.0, 60.0, 12)  # GeV
curves = {
    "Gaussian": (epsilon_curve(likelihood, None, scan, replicas=30), QUARK),
    "hard ball": (epsilon_curve(likelihood.with_kernel(HardBall()), None, scan, replicas=30), INK),
}

figure, (above, below) = plt.subplots(2, 1, figsize=(6.6, 5.4), sharex=True, height_ratios=(2.6, 1))
for name, (curve, colour) in curves.items():
    above.fill_between(scan, curve.auc_lo, curve.auc_hi, color=colour, alpha=0.2, lw=0)
    above.plot(scan, curve.auc, "o-", color=colour, ms=4, label=name)
    below.plot(scan, 100 * curve.empty_fraction, "o-", color=colour, ms=4)
for axes in (above, below):
    axes.axvline(best.epsilon, color="0.55", lw=1.2, ls="--", zorder=0)
above.text(best.epsilon * 1.05, 0.03, f"least cross-entropy: {best.epsilon:.1f} GeV",
           transform=above.get_xaxis_transform(), color="0.4", fontsize=10)  # fmt: skip
above.set(ylabel="AUC, all jets", title=f"{len(reference):,} jets, leave-one-out")
above.legend()
below.set(ylabel="empty [%]", ylim=(0, 100))
energy_axis(below, scan)
plt.show()

print(curves["Gaussian"][0])

# %% [markdown]
# Careful: the best ε is a compromise between blur and statistics. With more jets it moves down.
# It is a good working point, but it is **not** the scale at which quark and gluon jets differ.
#
# ## The information at each scale
#
# For that, compare the two blurred densities as a whole. With F_ab(ε) the mean kernel over pairs
# of jets of classes a and b,
#
# $$ R(\varepsilon) = 1 - \frac{F_{qg}}{\sqrt{F_{qq}\,F_{gg}}} $$
#
# is 0 if the classes look alike at resolution ε, and it hardly depends on the number of jets.
# What R loses per unit of ln ε is the information that lives at that scale. B, the mean vote of a
# jet's neighbours for its true class, is an independent check with a different weighting.

# %%
scan = np.geomspace(2.0, 100.0, 20)  # GeV
info = information(likelihood, scan, replicas=30)
checks = (
    ("R", info.R, info.R_err, info.minus_dR, info.minus_dR_err, QUARK),
    ("B", info.B, info.B_err, info.minus_dB, info.minus_dB_err, GLUON),
)

figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.1))
for name, curve, error, fall, fall_error, colour in checks:
    for axes, y, dy in ((left, curve, error), (right, fall, fall_error)):
        axes.fill_between(scan, y - dy, y + dy, color=colour, alpha=0.22, lw=0)
        axes.plot(scan, y, color=colour, label=f"{name} ± 1σ")
for axes in (left, right):
    axes.set_ylim(0, None)
    energy_axis(axes, scan)
left.set(ylabel="R(ε), B(ε)", title="what is left at resolution ε")
right.set(ylabel="−dR/d ln ε, −dB/d ln ε", title="what lives at scale ε")
left.legend()
plt.show()

print(info)

# %% [markdown]
# Both curves fall all the way, over more than a decade in energy: there is no single scale that
# makes a gluon jet a gluon jet; emissions at all of them do. Where the bands on the right are
# wide, or where R and B disagree, do not read a peak into them: quote the curve with its band.
#
# ## Where to go from here
#
# * `smearjax analyze` does all of this on your jets, next to a trained Energy Flow Network, and
#   writes a report.
# * `load_jets("your_file.npz")` reads padded or ragged arrays; `Jets(...)` takes your own.
# * `SmearedLikelihood(reference, beta=0.5)` changes the metric: with a smaller β small angles count
#   more. What happens to the best AUC? And mind that a GeV of distance then means something else.
