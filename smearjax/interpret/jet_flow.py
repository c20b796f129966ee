"""The smeared quantity of one jet at any ε: value, slope, and what replicas say."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from smearjax._memory import expect_room
from smearjax.smearing.kernels import Kernel
from smearjax.smearing.likelihood import SmearedLikelihood
from smearjax.smearing.ratios import finite_log_ratio
from smearjax.smearing.replicas import class_counts
from smearjax.smearing.sums import (
    GLUON,
    QUARK,
    Categories,
    Classes,
    ClassSums,
    Queries,
    Rows,
    categories,
    class_sums,
    effective_number,
)

PerClass = tuple[Float[Array, "g C"], Float[Array, "q C"]]


class FlowAt:
    """What a pass says about the jet at E resolutions.

    Attributes:
        value: (E, C) ln L or f, of the data and of each replica.
        slope: (E, C) their derivative in ln ε.
        n_eff: (E,) effective number of jets in the ball.
        empty: (E,) the categories of the balls, as in `Categories`.
        one_class: (E,).
        nonpositive: (E,).
        told: (E,) whether the ball says anything.
    """

    empty: Bool[np.ndarray, " E"]

    def __init__(self, value: np.ndarray, slope: np.ndarray, n_eff: np.ndarray, kinds: Categories):
        self.value, self.slope = (np.array(part, np.float64) for part in (value, slope))
        self.n_eff = np.asarray(n_eff, np.float64)
        self.empty, self.one_class, self.nonpositive = (np.asarray(kind) for kind in kinds)
        self.told = ~(self.empty | self.nonpositive)

    def spread(self, quantile: float) -> Float[np.ndarray, " E"]:
        """A quantile of θ* − mean θ* over the replicas."""
        replicas = self.value[:, 1:]
        return np.quantile(replicas, quantile, axis=1) - replicas.mean(axis=1)


class JetFlow:
    """Ln L(x|ε), or smeared values f(x|ε), of one jet for the data and for every replica.

    Args:
        likelihood: the reference jets and the kernel.
        query: the jet, prepared.
        number: its number in the reference, of which it is then no part; None for other jets.
        values: (N,) f of the reference jets, to smear in place of the labels.
        replicas: of the reference.
        seed: of the bootstrap.
    """

    def __init__(
        self,
        likelihood: SmearedLikelihood,
        query: Queries,
        number: int | None,
        values: Float[np.ndarray, " N"] | None,
        replicas: int,
        seed: int,
    ):
        label, dtype = np.asarray(likelihood.label), likelihood.pt_ref.dtype
        size = len(label) * (replicas + 1)
        expect_room(
            {"weight columns": 4 * dtype.itemsize * size},
            {"weight columns in float64": 3 * 8 * size},
            "use fewer replicas or fewer jets",
        )
        # Replicas are drawn from the jets that this one is compared with.
        others = np.arange(len(label)) != (-1 if number is None else number)
        columns = np.zeros((len(label), replicas + 1))
        columns[others] = class_counts(label[others], replicas, seed)
        weight = np.asarray(likelihood.reference.weight, np.float64)
        columns *= weight[:, None]
        totals = np.stack([columns[label == c].sum(axis=0) for c in (GLUON, QUARK)])
        by_class = likelihood.reference.by_class
        # What `log_ratio` and `smear` say of an empty ball; the jet itself is no exception.
        self._of_nothing = 0.0 if values is None else float(np.average(values, weights=weight))
        products = None
        if values is not None:
            from_mean = columns * (values - self._of_nothing)[:, None]
            products = by_class(from_mean.astype(dtype))
        self._soft, self._dtype = not likelihood.kernel.compact, dtype
        self._place = int(query.place[0])
        self._asked = (likelihood.kernel, likelihood.reference.classes, query.rows)
        self._columns = (by_class(columns.astype(dtype)), jnp.asarray(totals, dtype), products)

    def at(self, epsilon: Float[np.ndarray, " E"]) -> FlowAt:
        """Values, slopes in ln ε and categories at ε in GeV, the data first."""
        answer = _value_and_slope(
            *self._asked, jnp.asarray(np.log(epsilon), self._dtype), *self._columns
        )
        value, slope, (n_eff, kinds) = jax.tree.map(np.asarray, answer)
        here = self._place
        kinds = Categories(*(kind[:, here, 0] for kind in kinds))
        found = FlowAt(value[:, here], slope[:, here], n_eff[:, here, 0], kinds)
        found.value += 0.0 if self._columns[2] is None else self._of_nothing
        found.value[found.empty, 0] = self._of_nothing
        found.slope[:] = found.slope if self._soft else np.nan
        return found

    def above(self, level: float, log_epsilon: float) -> float:
        """How far the data lie above a level at one ln ε; 0 where the ball says nothing."""
        found = self.at(np.exp([log_epsilon]))
        return float(found.value[0, 0]) - level if found.told[0] else 0.0


@jax.jit
def _value_and_slope(
    kernel: Kernel,
    classes: Classes,
    rows: Rows,
    log_epsilon: Float[Array, " E"],
    weights: PerClass,
    totals: Float[Array, "2 C"],
    products: PerClass | None,
) -> tuple[Float[Array, "E R C"], Float[Array, "E R C"], tuple[Float[Array, "E R C"], Categories]]:
    """Ln L, or f − mean f, its slope in ln ε, and what the balls hold, for every weight column.

    Replicas of a soft ball may have less than two jets and are as good as any others: no value
    stands in for them.
    """
    columns = totals.shape[1]

    def value(log_epsilon: Array) -> tuple[Array, tuple[Array, Categories]]:
        every = weights
        if products is not None:
            every = (
                jnp.concatenate([weights[GLUON], products[GLUON]], axis=1),
                jnp.concatenate([weights[QUARK], products[QUARK]], axis=1),
            )
        sums = class_sums(kernel, classes.points, every, rows, jnp.exp(log_epsilon), squares=True)
        plain = ClassSums(sums.log_scale, sums.linear[..., :columns], sums.square[..., :columns])
        kinds = categories(kernel, plain)
        about = (effective_number(plain), kinds)
        if products is not None:
            return _mean_of_values(sums), about
        known = kinds if kernel.compact else kinds._replace(empty=jnp.zeros_like(kinds.empty))
        return finite_log_ratio(kernel, plain, known, totals[None]), about

    return jax.jvp(value, (log_epsilon,), (jnp.ones_like(log_epsilon),), has_aux=True)


def _mean_of_values(sums: ClassSums) -> Float[Array, "E R C"]:
    """Σ w K f / Σ w K from sums whose columns are C of w, then C of w f."""
    factor = jnp.exp(sums.log_scale - sums.log_scale.max(axis=2, keepdims=True))[..., None]
    weight, product = jnp.split(jnp.sum(factor * sums.linear, axis=2), 2, axis=-1)
    heard = weight > 0
    return jnp.where(heard, product / jnp.where(heard, weight, 1.0), 0.0)
