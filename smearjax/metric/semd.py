"""The spectral energy mover's distance, exact."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from smearjax._expect import expect, expect_number, expect_positive
from smearjax._numerics import ArrayLike, rising_order, safe_power
from smearjax.jets.arrays import is_traced
from smearjax.metric.spectral import Spectra


def semd(a: Spectra, b: Spectra, p: float = 2.0) -> Float[Array, " N"]:
    r"""Spectral energy mover's distance of jet i of `a` to jet i of `b`, for any p ≥ 1.

    SEMD_{β,p}(A, B) = ∫ dS |q_A(S)^β − q_B(S)^β|^p       (arXiv:2305.03751; closed form
                                                          at p = 2: 2410.05379, eq. 2.19)

    with q the quantile function of the spectral function: one-dimensional optimal transport. The
    two step functions are merged and integrated exactly. For p = 2 the value is already a square.

    Args:
        a: N spectra, or one that meets all of `b`.
        b: N spectra, or one.
        p: power of the transport cost, at least 1.

    Returns:
        (N,) values, dimensionless for normalised jets (GeV² for jets in GeV otherwise), in the
        precision of the spectra.

    Raises:
        ValueError: if p < 1, the numbers of jets do not match, β or the angle differ, or the
            total weights of a pair differ by more than the relative rounding of the input (1e-5
            in float32, 1e-10 in float64).

    Derivatives are exact away from ties; angles of one jet that tie are treated as
    `spectral_function` says. Where an edge of one jet ties with an edge of the other,
    the empty interval between them contributes nothing, so ∂SEMD(A, A) = 0. At p < 2 the second
    derivative, and at p = 1 the first, is 0 where the quantiles touch.

    >>> from smearjax import Jets, semd, spectral_function
    >>> two = spectral_function(Jets(pt=[[300.0, 100.0]], y=[[0.0, 0.3]], phi=[[0.0, 0.4]]))
    >>> one = spectral_function(Jets(pt=[[400.0]], y=[[0.0]], phi=[[0.0]]))
    >>> float(semd(two, one)[0])    # Σ 2 E_i E_j ω² = 2·¾·¼·½²
    0.09375
    """
    for name, spectra in (("a", a), ("b", b)):
        expect(name, spectra, Spectra, "Spectra, from spectral_function(jets)")
    # One itself is allowed.
    expect_number("p", p, np.nextafter(1.0, 0.0), np.inf, "finite and at least 1")
    if len(a) != len(b) and 1 not in (len(a), len(b)):
        raise ValueError(f"a and b must hold equally many jets, or one; got {len(a)} and {len(b)}")
    _check_same_metric(a, b)
    return _semd(a, b, float(p))


def semd_distance(a: Spectra, b: Spectra, pt_ref: ArrayLike, p: float = 2.0) -> Float[Array, " N"]:
    r"""Distance d = pT_ref · SEMD_{β,p}^{1/p} in GeV, a metric for every p ≥ 1.

    Arguments and errors as for `semd`, source arXiv:2305.03751; `pt_ref` (GeV, positive; one, or
    one a jet) turns the dimensionless distance of normalised jets into an energy. Where d = 0 the
    derivative of the root is returned as 0.

    >>> from smearjax import Jets, semd_distance, spectral_function
    >>> two = spectral_function(Jets(pt=[[300.0, 100.0]], y=[[0.0, 0.3]], phi=[[0.0, 0.4]]))
    >>> one = spectral_function(Jets(pt=[[400.0]], y=[[0.0]], phi=[[0.0]]))
    >>> float(semd_distance(two, one, pt_ref=400.0)[0])     # about √2 times the mass of 86 GeV
    122.474
    """
    if not is_traced(pt_ref):
        expect_positive("pt_ref", pt_ref, "GeV")
    return jnp.asarray(pt_ref) * safe_power(semd(a, b, p), 1.0 / p)


@partial(jax.jit, static_argnums=2)
def _semd(a: Spectra, b: Spectra, p: float) -> Float[Array, " N"]:
    """Merge the edges of the two quantile functions and sum the cost of the intervals."""
    if len(a) != len(b):
        n = max(len(a), len(b))
        a, b = (s if len(s) == n else s[jnp.zeros(n, int)] for s in (a, b))
    return jax.vmap(partial(_merged_cost, p=p))(a.upper, a.quantile, b.upper, b.quantile)


def _merged_cost(
    upper_a: Float[Array, " k"],
    q_a: Float[Array, " k"],
    upper_b: Float[Array, " l"],
    q_b: Float[Array, " l"],
    p: float,
) -> Float[Array, ""]:
    """∫ dU |q_a − q_b|^p of two step functions that end at 0."""
    edges = jnp.concatenate([upper_a, upper_b])
    order = rising_order(edges)
    edges = edges[order]
    from_a = order < upper_a.size
    passed_a = jnp.cumsum(from_a) - from_a
    passed_b = jnp.arange(edges.size) - passed_a
    difference = (
        q_a[jnp.minimum(passed_a, upper_a.size - 1)] - q_b[jnp.minimum(passed_b, upper_b.size - 1)]
    )
    width = jnp.diff(edges, prepend=jnp.zeros_like(edges[:1]))
    width = jnp.where(width > 0, width, 0.0)
    return jnp.sum(width * _absolute_power(difference, p))


def _absolute_power(x: Array, p: float) -> Array:
    """|x|^p with finite derivatives; whole powers keep their true second derivative at 0."""
    if p % 2 == 0:
        return x ** int(p)
    # Not jnp.abs, whose derivative at 0 is 1 and not 0.
    magnitude = x * jax.lax.stop_gradient(jnp.sign(x))
    return magnitude ** int(p) if p % 1 == 0 else safe_power(magnitude, p)


def _check_same_metric(a: Spectra, b: Spectra) -> None:
    """Raise ValueError unless both spectra were made with one convention and equal totals."""
    if a.convention != b.convention:
        raise ValueError(f"the spectra measure angles differently: {a.convention}, {b.convention}")
    leaves = (a.beta, b.beta, a.total, b.total)
    if is_traced(*leaves):
        return
    beta_a, beta_b, total_a, total_b = (np.asarray(leaf) for leaf in leaves)
    if beta_a != beta_b:
        raise ValueError(f"the spectra have different beta: {beta_a} and {beta_b}")
    tolerance = 1e-10 if total_a.dtype == np.float64 else 1e-5
    unequal = np.abs(total_a - total_b) > tolerance * np.maximum(total_a, total_b)
    if unequal.any():
        pair = int(np.argmax(unequal))
        raise ValueError(
            f"the total weights of {unequal.sum()} of {unequal.size} pairs differ, first in pair "
            f"{pair}: {total_a[pair % total_a.size]:.6g} and {total_b[pair % total_b.size]:.6g}; "
            "optimal transport needs equal totals: use spectral_function(..., normalize=True)"
        )
