"""What a classifier is trained to minimise, and what its output then says of ln p/q."""

from __future__ import annotations

from abc import abstractmethod
from typing import Literal

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from smearjax.jets.arrays import HostOrDevice

PerJet = Float[Array, " N"]


class Loss(eqx.Module):
    r"""A loss whose minimum over all functions is the likelihood ratio of two classes.

    L[s] = Σ_i w_i ℓ(s_i, y_i) / Σ_i w_i,   s_i the network's output for jet i, y_i = 1 for quarks

    With p and q the densities of quark and gluon jets and as much weight in one class as in the
    other, s minimises L where `log_ratio(s)` = ln p/q. A jet of weight 2 counts like two jets;
    negative weights are legal. Subclasses say what ℓ is; outputs (N,) are dimensionless.

    Raises nothing by itself. Source: each loss's own docstring.

    >>> import numpy as np
    >>> isinstance(MLC(), Loss), float(CrossEntropy()(np.zeros(2), np.array([0, 1]), np.ones(2)))
    (True, 0.693)
    """

    @abstractmethod
    def _terms(self, output: PerJet) -> tuple[PerJet, PerJet]:
        """ℓ(s, 0) and ℓ(s, 1)."""

    def _log_ratio(self, output: PerJet) -> PerJet:
        """Ln p/q, which is the output itself but where a subclass says otherwise."""
        return output

    def log_ratio(self, output: Float[HostOrDevice, " N"]) -> PerJet:
        """The estimate of ln p/q that N outputs stand for: (N,), dimensionless.

        Raises nothing. Source: the minimum of the loss.

        >>> import numpy as np
        >>> MLC("softplus").log_ratio(np.array([-20.0, 0.0, 20.0])).round(3).tolist()
        [-20.0, -0.367, 2.996]
        """
        return self._log_ratio(jnp.asarray(output))

    def of_each(self, output: Float[HostOrDevice, " N"], label: Int[HostOrDevice, " N"]) -> PerJet:
        """ℓ(s, y) of N outputs with labels (1 = quark, 0 = gluon): (N,), dimensionless.

        Raises nothing. Source: the class.

        >>> import numpy as np
        >>> SquaredError().of_each(np.array([0.0, 10.0]), np.array([0, 1]))
        Array([2.5e-01, 2.061e-09], dtype=float32)
        """
        gluon, quark = self._terms(jnp.asarray(output))
        return jnp.where(jnp.asarray(label) == 1, quark, gluon)

    def __call__(
        self,
        output: Float[HostOrDevice, " N"],
        label: Int[HostOrDevice, " N"],
        weight: Float[HostOrDevice, " N"],
    ) -> Float[Array, ""]:
        """The mean loss of N outputs with labels and event weights of non-zero sum."""
        losses = self.of_each(output, label)
        weight = jnp.asarray(weight).astype(losses.dtype)
        return jnp.sum(weight * losses) / jnp.sum(weight)


class CrossEntropy(Loss):
    r"""Binary cross-entropy: ℓ(s, 0) = ln(1 + eˢ), ℓ(s, 1) = ln(1 + e⁻ˢ), in nats.

    s is a logit: c = 1/(1 + e⁻ˢ) estimates p/(p + q), and ln p/q = s. Its least value is ln 2 less
    the Jensen–Shannon divergence of p and q. The loss of arXiv:1810.05165.

    Raises nothing.

    >>> import numpy as np
    >>> CrossEntropy()(np.zeros(2), np.array([0, 1]), np.ones(2))
    Array(0.693, dtype=float32)
    """

    def _terms(self, output: PerJet) -> tuple[PerJet, PerJet]:
        return jax.nn.softplus(output), jax.nn.softplus(output) - output


class SquaredError(Loss):
    r"""Mean squared error of c = 1/(1 + e⁻ˢ): ℓ(s, y) = (c − y)², dimensionless.

    c estimates p/(p + q), so that ln p/q = s; its least value is ½ ∫ pq/(p + q).

    Raises nothing. Source: the pointwise minimum.

    >>> import numpy as np
    >>> SquaredError()(np.zeros(2), np.array([0, 1]), np.ones(2))
    Array(0.25, dtype=float32)
    """

    def _terms(self, output: PerJet) -> tuple[PerJet, PerJet]:
        return jax.nn.sigmoid(output) ** 2, jax.nn.sigmoid(-output) ** 2


class RatioLoss(Loss):
    """A loss of an estimate f > 0 of p/q: f = eˢ, or f = ln(1 + eˢ) with the link "softplus"."""

    link: Literal["exponential", "softplus"] = eqx.field(static=True, default="exponential")

    def __check_init__(self):
        if self.link not in ("exponential", "softplus"):
            raise ValueError(f"link must be 'exponential' or 'softplus'; got {self.link!r}")

    def _log_ratio(self, output: PerJet) -> PerJet:
        if self.link == "exponential":
            return output
        # ln ln(1 + eˢ) is s where softplus would underflow.
        low = output < -15
        return jnp.where(low, output, jnp.log(jax.nn.softplus(jnp.where(low, 0.0, output))))


class MLC(RatioLoss):
    r"""Maximum-likelihood classifier: ℓ(s, 1) = −ln f, ℓ(s, 0) = f − 1, of an estimate f of p/q.

    f = eˢ with the link "exponential", f = ln(1 + eˢ) with "softplus". For classes of equal weight
    the largest value of −2L is the Kullback–Leibler divergence KL(p‖q) in nats.

    Raises:
        ValueError: no such link.

    Source: the pointwise minimum; ⟨ln f⟩_p − ⟨f − 1⟩_q is a lower bound of KL(p‖q).

    >>> import numpy as np
    >>> MLC()(np.zeros(2), np.array([0, 1]), np.ones(2))
    Array(0., dtype=float32)
    """

    def _terms(self, output: PerJet) -> tuple[PerJet, PerJet]:
        ratio = self._log_ratio(output)
        return jnp.expm1(ratio), -ratio


class SQR(RatioLoss):
    r"""Square-root loss: ℓ(s, 1) = f^{−1/2}, ℓ(s, 0) = f^{1/2}, of an estimate f of p/q.

    f = eˢ with the link "exponential", f = ln(1 + eˢ) with "softplus". For classes of equal weight
    its least value is ∫√(pq), the Bhattacharyya coefficient of the classes, dimensionless.

    Raises:
        ValueError: no such link.

    Source: the pointwise minimum.

    >>> import numpy as np
    >>> SQR()(np.zeros(2), np.array([0, 1]), np.ones(2))
    Array(1., dtype=float32)
    """

    def _terms(self, output: PerJet) -> tuple[PerJet, PerJet]:
        half = 0.5 * self._log_ratio(output)
        return jnp.exp(half), jnp.exp(-half)
