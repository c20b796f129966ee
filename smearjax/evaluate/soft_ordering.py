"""Decision ordering with soft steps, for gradients."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import Array, Float
from numpy.typing import ArrayLike

from smearjax._expect import expect_number
from smearjax.evaluate.checks import as_scores, as_signal, as_weight

# Signal jets of one block: its pairs with all background jets are in memory at a time.
_BLOCK = 64


def soft_ado(
    f: ArrayLike | Array,
    g: ArrayLike | Array,
    label: ArrayLike | None,
    weight: ArrayLike | None = None,
    *,
    width_f: ArrayLike | Array,
    width_g: ArrayLike | Array,
) -> Float[Array, ""]:
    r"""Average decision ordering with soft steps: differentiable in f, g and both widths.

    sADO = ½ + ½ ⟨tanh((f−f′)/w_f) tanh((g−g′)/w_g)⟩ over (weighted) signal–background pairs. Both
    widths to 0 give `ado` (arXiv:2010.11998), ties ½ included; 1 − sADO is a loss that teaches f
    the ordering of g. All pairs are visited, 64 signal jets at a time: the time goes as N², the
    memory as N, that of derivatives included.

    Args:
        f: (N,) scores, finite.
        g: (N,) scores, finite.
        label: (N,), 1 = signal, 0 = background.
        weight: (N,) event weights; ones if None.
        width_f: w_f > 0 in units of f.
        width_g: w_g > 0 in units of g.

    Returns:
        A scalar, dimensionless, in JAX's precision for f.

    Raises:
        ValueError: as `ado`; widths that are not positive. Under a transformation of JAX only
            shapes, labels and weights are checked.

    >>> f, g, label = [4.0, 3, 2, 1], [4.0, 1, 3, 2], [1, 1, 0, 0]
    >>> round(float(soft_ado(f, g, label, width_f=1, width_g=1)), 3)
    0.528
    """
    if np.shape(f) != np.shape(g):
        raise ValueError(f"f and g must have the same shape, got {np.shape(f)}, {np.shape(g)}")
    for name, scores in (("f", f), ("g", g)):
        if not isinstance(scores, Tracer) and not np.isfinite(as_scores(scores, name)).all():
            raise ValueError(f"{name} has infinite scores, whose differences mean nothing here")
    for name, width in (("width_f", width_f), ("width_g", width_g)):
        if not isinstance(width, Tracer):
            expect_number(name, width, 0, np.inf, "one positive number")
    signal = as_signal(label, np.shape(f)[0])
    weights = as_weight(weight, signal)[:, 0]
    f, g = jnp.asarray(f, float), jnp.asarray(g, float)
    scaled = f / jnp.asarray(width_f), g / jnp.asarray(width_g)
    rows, others = np.flatnonzero(signal), np.flatnonzero(~signal)
    parts = (*scaled, jnp.asarray(weights, f.dtype))
    return _mean(*(x[rows] for x in parts), *(x[others] for x in parts))


@jax.jit
def _mean(
    f: Float[Array, " S"],
    g: Float[Array, " S"],
    weight: Float[Array, " S"],
    f_other: Float[Array, " B"],
    g_other: Float[Array, " B"],
    weight_other: Float[Array, " B"],
) -> Float[Array, ""]:
    """Blocks of rows, each computed again when derivatives are taken."""

    @jax.checkpoint
    def agreement(row):
        f_one, g_one = row
        return jnp.tanh(f_one - f_other) * jnp.tanh(g_one - g_other) @ weight_other

    each = jax.lax.map(agreement, (f, g), batch_size=min(_BLOCK, len(f)))
    return 0.5 + 0.5 * (weight @ each) / (weight.sum() * weight_other.sum())
