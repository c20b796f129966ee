"""Jets changed at random or on purpose while a network learns from them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from smearjax._expect import expect_number, expect_positive, expect_probability, expect_whole
from smearjax._numerics import safe_sqrt
from smearjax.networks.packing import Particles

Losses = Callable[[Particles], Array]

# Farthest that a particle goes, in radians: the radius of the jets.
_REACH = 0.4
# A split particle's softer part has at least this share of it, and its distance to the harder one
# is at least this in radians before it is scaled to the budget.
_SOFTEST, _NARROWEST = 1e-3, 1e-3
# Shares of the budget that an adversary starts with, and that all its steps together would cost.
_START, _STRIDE = 0.5, 2.0


class Augmentation(eqx.Module):
    """What happens to the particles of a batch before the network learns from them.

    Labels and weights stay; angles are in radians. Raises nothing itself. Source: the subclasses.

    >>> issubclass(Splits, Augmentation), issubclass(Adversary, Augmentation)
    (True, True)
    """

    @abstractmethod
    def __call__(
        self, particles: Particles, losses: Losses, n_jets: int, key: PRNGKeyArray
    ) -> Particles:
        """The particles that the network sees; ``losses`` says what each jet costs it."""


class Splits(Augmentation):
    r"""Particles split in two at random, within a transport cost in GeV of each jet.

    A particle of fraction z becomes z(1 − u) and zu, θ apart about where it was, with ln u and ln θ
    uniform as in a parton shower. The angles of a jet are scaled so that it moves by

    pT_ref Σ_i 2 z_i u_i (1 − u_i) θ_i ≤ budget

    at most, an upper bound of the energy mover's distance (arXiv:1902.02346). With a budget of 0
    all splits are exactly collinear, which no infrared and collinear safe network notices.

    Attributes:
        pt_ref: energy by which costs are multiplied, GeV.
        budget: largest cost of a jet, GeV.
        probability: that a particle splits; of a split one both parts keep its pid.

    Raises:
        ValueError: pt_ref not positive, a budget below 0, a probability outside [0, 1].

    Source: smearjax's own definition.

    >>> exact = Splits(pt_ref=500.0)
    >>> exact.budget, exact.probability
    (0.0, 0.5)
    """

    pt_ref: float
    budget: float = 0.0
    probability: float = 0.5

    def __check_init__(self):
        expect_positive("pt_ref", self.pt_ref, "GeV")
        _expect_budget(self.budget)
        expect_probability("probability", self.probability)

    def __call__(
        self, particles: Particles, losses: Losses, n_jets: int, key: PRNGKeyArray
    ) -> Particles:
        """The particles and their splits; the harder part comes first."""
        which, share, angle, turn = (
            jax.random.uniform(one, particles.pt.shape) for one in jax.random.split(key, 4)
        )
        there = (particles.jet_of < n_jets) & (which < self.probability)
        u = jnp.where(there, 0.5 * (2 * _SOFTEST) ** share, 0.0)
        apart = jnp.where(there, _NARROWEST * (_REACH / _NARROWEST) ** angle, 0.0)
        cost = self.pt_ref * particles.total(
            2 * particles.fraction(n_jets) * u * (1 - u) * apart, n_jets
        )
        apart = (
            apart * (jnp.minimum(cost, self.budget) / jnp.maximum(cost, 1e-30))[particles.jet_of]
        )
        towards = jnp.stack([jnp.cos(2 * jnp.pi * turn), jnp.sin(2 * jnp.pi * turn)])
        hard, soft = -u * apart * towards, (1 - u) * apart * towards
        both = Particles(
            pt=_pair(particles.pt * (1 - u), particles.pt * u),
            y=_pair(particles.y + hard[0], particles.y + soft[0]),
            phi=_pair(particles.phi + hard[1], particles.phi + soft[1]),
            pid=None if particles.pid is None else _pair(particles.pid, particles.pid),
            jet_of=_pair(particles.jet_of, jnp.where(there, particles.jet_of, n_jets)),
        )
        order = jnp.argsort(both.jet_of, stable=True)
        return jax.tree.map(lambda column: column[order], both)


class Adversary(Augmentation):
    r"""Particles moved to where the network's loss is larger, within a transport cost in GeV.

    Some steps up the slope of each jet's loss over displacements Δp̂, from a random start, with

    pT_ref Σ_i z_i |Δp̂_i| ≤ budget

    All momenta are kept; moves that cost more are scaled down. Adversarial training after
    arXiv:1706.06083, with the transport cost of arXiv:1902.02346 in place of a norm of pixels.

    Attributes:
        pt_ref: energy by which costs are multiplied, GeV.
        budget: largest cost of a jet, GeV.
        steps: gradient steps of the adversary for one of the network: training takes about
            1 + steps times as long.

    Raises:
        ValueError: pt_ref not positive, a budget below 0, steps below 1.

    >>> Adversary(pt_ref=500.0, budget=1.0).steps
    3
    """

    pt_ref: float
    budget: float
    steps: int = 3

    def __check_init__(self):
        expect_positive("pt_ref", self.pt_ref, "GeV")
        _expect_budget(self.budget)
        expect_whole("steps", self.steps, least=1)

    def __call__(
        self, particles: Particles, losses: Losses, n_jets: int, key: PRNGKeyArray
    ) -> Particles:
        """The particles where the last step has brought them."""
        z = particles.fraction(n_jets)

        def scaled(move: Array, share: Callable[[Array], Array]) -> Float[Array, "2 P"]:
            """A move times what its jet's cost says."""
            cost = self.pt_ref * particles.total(z * _length(move), n_jets)
            return move * share(jnp.maximum(cost, 1e-30))[particles.jet_of]

        def step(along: Array, cost: float) -> Float[Array, "2 P"]:
            """A step of that cost."""
            near = along * jnp.minimum(1.0, _REACH / jnp.maximum(_length(along), 1e-30))
            return scaled(near, lambda its: cost / its)

        def within(move: Array) -> Float[Array, "2 P"]:
            return scaled(move, lambda its: jnp.minimum(1.0, self.budget / its))

        def lost(move: Array) -> Float[Array, ""]:
            return jnp.sum(losses(particles.moved(move)))

        def climb(_: Array, move: Array) -> Float[Array, "2 P"]:
            # The slope per momentum is the steepest way for a transport cost.
            pull = jax.grad(lost)(move) / jnp.where(z > 0, z, jnp.inf)
            return within(move + step(pull, _STRIDE * self.budget / self.steps))

        anywhere = jnp.where(z > 0, jax.random.normal(key, (2, *z.shape), z.dtype), 0.0)
        start = step(anywhere, _START * self.budget)
        return particles.moved(jax.lax.fori_loop(0, self.steps, climb, start))


def _expect_budget(budget: float) -> None:
    expect_number("budget", budget, -1e-300, float("inf"), "an energy of at least 0 GeV")


def _length(move: Float[Array, "2 P"]) -> Float[Array, " P"]:
    return safe_sqrt(jnp.sum(move**2, axis=0))


def _pair(first: Array, second: Array) -> Array:
    """The entries of both in turn."""
    return jnp.stack([first, second], axis=1).reshape(-1)
