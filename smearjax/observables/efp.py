"""Energy flow polynomials: sums over particles of products along the edges of a multigraph."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from smearjax._expect import expect, expect_number
from smearjax._numerics import ArrayLike, safe_power
from smearjax.jets.arrays import is_traced, picked
from smearjax.jets.buckets import bucket_by_multiplicity
from smearjax.jets.container import Jets
from smearjax.metric.angles import angle_convention
from smearjax.metric.spectral import dtype_of, warn_if_downcast
from smearjax.observables.contraction import graph_sums
from smearjax.observables.multigraphs import Multigraph

# Few widths, each of which compiles once, and jets of one batch: entries of its (n, n) arrays.
_WIDTHS = (16, 32, 64, 128)
_ENTRIES = 1 << 18
# Jets of one call, a power of two.
_JETS = 1 << 10


def efps(
    jets: Jets,
    graphs: Iterable[Multigraph],
    kappa: ArrayLike = 1.0,
    beta: ArrayLike = 1.0,
    *,
    omega: str = "delta_r",
    normalize: bool = True,
    origin: ArrayLike | None = None,
) -> Float[Array, "N G"]:
    r"""Energy flow polynomials of each jet, one a multigraph (arXiv:1712.07124).

    EFP_G = Σ_{i_1} … Σ_{i_V} Π_{v ∈ V} z_{i_v}^κ Π_{(v,w) ∈ E} ω_{i_v i_w}^β

    over the particles at all vertices v of G, z = E/ΣE; infrared and collinear safe at κ = 1. A
    marked vertex is no sum: it stands for a direction given with the jet, and has no z.

    Each polynomial is summed vertex by vertex along an optimal path, with what several of them
    have in common computed once. Differentiable in the particles, in κ, β and in the origin; the
    derivative in β at ω = 0 and in ω where particles coincide is returned as 0. Jets on the host
    are sorted by multiplicity, so that little is computed on padding; inside a `jax.jit` or
    `jax.grad` over the jets all have their padded width.

    Args:
        jets: N jets of n padded constituents; pT in GeV, y and φ in radians.
        graphs: G multigraphs, such as `multigraphs(5)`.
        kappa: exponent κ ≥ 0 of the energies.
        beta: exponent β > 0 of the angles.
        omega: "delta_r": ω = √(Δy² + Δφ²) and E = pT; "chord": ω² = 2(1 − cos θ) and E the
            energy, the usual choice for e⁺e⁻; or another convention of `spectral_function`.
        normalize: divide each jet's E_i by ΣE; otherwise a polynomial of V vertices is in GeV^{κV}.
        origin: (N, 2) rapidities and azimuths that marked vertices stand for.

    Returns:
        (N, G) in the precision of the jets; radian^{βd} for d edges.

    Raises:
        ValueError: arguments of the wrong kind or out of range; marked graphs without an origin.

    >>> from smearjax.jets import Jets
    >>> from smearjax.observables import multigraphs
    >>> jets = Jets(pt=[[300.0, 100.0]], y=[[0.0, 0.3]], phi=[[0.0, 0.4]])
    >>> efps(jets, multigraphs(2))       # 1,  2·¾·¼·½,  2·¾·¼·½²,  (¾·¼² + ¼·¾²)·½²
    Array([[1.      , 0.1875  , 0.09375 , 0.046875]], dtype=float32)
    """
    expect("jets", jets, Jets, "Jets, from load_jets(...) or Jets(pt, y, phi)")
    angle_convention(omega)
    chosen = tuple(graphs)
    for graph in chosen:
        expect("a graph", graph, Multigraph, "multigraphs, such as multigraphs(5)")
    if not chosen:
        raise ValueError("graphs are empty; give at least one multigraph")
    if not is_traced(kappa):
        expect_number("kappa", kappa, -1e-300, np.inf, "at least 0 and finite")
    if not is_traced(beta):
        expect_number("beta", beta, 0, np.inf, "positive and finite")
    if any(graph.marked for graph in chosen) != (origin is not None):
        raise ValueError("graphs with a marked vertex and an origin, (N, 2), need one another")
    if origin is not None and np.shape(origin) != (len(jets), 2):
        raise ValueError(f"origin has shape {np.shape(origin)}; expected ({len(jets)}, 2): y, φ")
    dtype = dtype_of(jets.pt)
    compute = partial(
        _efps,
        kappa=jnp.asarray(kappa, dtype),
        beta=jnp.asarray(beta, dtype),
        graphs=chosen,
        omega=omega,
        full=not normalize,
    )
    if is_traced(jets.pt, jets.y, jets.phi, jets.mask, origin):
        return compute(jets, origin)
    warn_if_downcast(jets.pt)
    return _in_buckets(jets, origin, compute)


def _in_buckets(
    jets: Jets, origin: ArrayLike | None, compute: Callable[[Jets, ArrayLike | None], Array]
) -> Float[Array, "N G"]:
    """The polynomials of jets on the host, those of alike multiplicity together.

    Blocks come in few shapes: the last of a width is filled up with jets of its own.
    """
    values, place, begin = [], np.empty(len(jets), int), 0
    for indices, bucket in bucket_by_multiplicity(jets, _WIDTHS):
        size = min(_JETS, 1 << (len(indices) - 1).bit_length())
        for first in range(0, len(indices), size):
            rows = np.arange(first, min(first + size, len(indices)))
            filled = np.resize(rows, size)
            at = None if origin is None else jnp.asarray(origin)[indices[filled]]
            values.append(compute(bucket[filled], at))
            place[indices[rows]] = begin + np.arange(len(rows))
            begin += size
    return picked(jnp.concatenate(values), place)


@partial(jax.jit, static_argnames=("graphs", "omega", "full"))
def _efps(
    jets: Jets,
    origin: Array | None,
    *,
    kappa: Array,
    beta: Array,
    graphs: tuple[Multigraph, ...],
    omega: str,
    full: bool,
) -> Float[Array, "N G"]:
    """The compiled part, on arguments known to be good; some jets at a time."""
    angle = angle_convention(omega)
    pt, y, phi = (jnp.asarray(column) for column in (jets.pt, jets.y, jets.phi))
    energy = jnp.where(jets.mask, angle.weight(pt, y), 0.0)
    z = energy if full else energy / energy.sum(axis=1, keepdims=True)
    empty = jets.mask & (z == 0) & (kappa == 0)  # 0⁰ = 1
    z = jnp.where(empty, 1.0, safe_power(z, kappa))

    def of_one(row):
        z, y, phi, origin = row
        pairs = jnp.broadcast_arrays(y[:, None], y, phi[:, None], phi)
        theta = safe_power(jnp.asarray(angle.omega(*pairs)), beta)
        outwards = None
        if origin is not None:
            pairs = jnp.broadcast_arrays(y, origin[0], phi, origin[1])
            outwards = safe_power(jnp.asarray(angle.omega(*pairs)), beta)
        return graph_sums(graphs, z, theta, outwards)

    batch = max(1, _ENTRIES // z.shape[1] ** 2)
    return jax.lax.map(of_one, (z, y, phi, origin), batch_size=min(batch, len(z)))
