"""Derivatives in a few scalars, taken forward in the same pass as the value."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax.custom_derivatives import SymbolicZero
from jaxtyping import Array, Float


def forward_in_parameters(
    function: Callable[[tuple[Array, Any], Any], Float[Array, "E ..."]],
    through_data: Callable[[tuple[Array, Any], Any], Float[Array, "E ..."]],
) -> Callable[[tuple[Array, Any], Any], Float[Array, "E ..."]]:
    """Give `function((epsilon, kernel), data)` a derivative rule that never keeps blocks.

    Row e of the result depends on `epsilon[e]` alone and on the kernel's scalar leaves, so one
    tangent for all ε and one for each leaf hold the whole Jacobian. Reverse mode then only
    transposes a product with it. The rule uses itself for the next order.

    Args:
        function: the value; forward mode must go through it.
        through_data: the same value for derivatives in the data, which may be taken backwards.
    """

    @jax.custom_jvp
    def wrapped(parameters, data):
        return function(parameters, data)

    def rule(primals, tangents):
        (parameters, data), (d_parameters, d_data) = primals, tangents
        treedef = jax.tree.structure(parameters)
        d_leaves = jax.tree.leaves(d_parameters, is_leaf=_is_symbolic_zero)
        moving = [i for i, d in enumerate(d_leaves) if not _is_symbolic_zero(d)]

        stacked = forward_in_parameters(
            _with_slopes(function, treedef, moving), _with_slopes(through_data, treedef, moving)
        )(parameters, data)
        out = stacked[:, 0]
        tangent = jnp.zeros_like(out)
        for slot, i in enumerate(moving, start=1):
            d = d_leaves[i].reshape(-1, *[1] * (out.ndim - 1))
            tangent = tangent + stacked[:, slot] * d
        at_these = partial(through_data, parameters)
        return out, tangent + _data_tangent(at_these, data, d_data)

    wrapped.defjvp(rule, symbolic_zeros=True)
    return wrapped


def _with_slopes(function: Callable, treedef: Any, moving: list[int]) -> Callable:
    """The value, and its slope along each moving leaf of the parameters, stacked behind it."""

    def with_slopes(parameters, data):
        leaves = jax.tree.leaves(parameters)

        def along(moved: list[Array]) -> Array:
            full = list(leaves)
            for i, leaf in zip(moving, moved, strict=True):
                full[i] = leaf
            return function(jax.tree.unflatten(treedef, full), data)

        here = [leaves[i] for i in moving]
        basis = [
            [jnp.ones_like(leaf) if i == j else jnp.zeros_like(leaf) for j, leaf in enumerate(here)]
            for i in range(len(here))
        ]
        pairs = [jax.jvp(along, (here,), (direction,)) for direction in basis]
        value = pairs[0][0] if pairs else along(here)
        return jnp.stack([value, *(slope for _, slope in pairs)], axis=1)

    return with_slopes


def _is_symbolic_zero(tangent: Any) -> bool:
    """Whether nothing is differentiated along this leaf."""
    return isinstance(tangent, SymbolicZero)


def _data_tangent(function: Callable[[Any], Array], data: Any, d_data: Any) -> Array | float:
    """The tangent through the data leaves that move; 0 if none does."""
    leaves, treedef = jax.tree.flatten(data)
    d_leaves: list[Any] = jax.tree.leaves(d_data, is_leaf=_is_symbolic_zero)
    moving = [i for i, d in enumerate(d_leaves) if not _is_symbolic_zero(d)]
    if not moving:
        return 0.0

    def along(moved: list[Array]) -> Array:
        full = list(leaves)
        for i, leaf in zip(moving, moved, strict=True):
            full[i] = leaf
        return function(jax.tree.unflatten(treedef, full))

    primal = [leaves[i] for i in moving]
    return jax.jvp(along, (primal,), ([d_leaves[i] for i in moving],))[1]
