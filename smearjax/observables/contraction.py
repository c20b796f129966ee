"""Sums over the vertices of multigraphs along optimal paths, what they share computed once."""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import NamedTuple

import jax.numpy as jnp
import opt_einsum
from jaxtyping import Array, Float

from smearjax.observables.multigraphs import Multigraph

# Paths are planned for jets of so many particles; they do not hang on it.
_TYPICAL = 64
_VERTICES = "abcdefghijklmnop"


class Contraction(NamedTuple):
    """How one connected part of a multigraph is summed.

    Attributes:
        equation: in the notation of einsum, operands in the order of the next three.
        between: multiplicities of the edges between particles.
        outwards: multiplicities of the edges to the marked vertex.
        particles: number of vertices that are summed.
        path: pairs of operands to contract, one after the other.
    """

    equation: str
    between: tuple[int, ...]
    outwards: tuple[int, ...]
    particles: int
    path: tuple[tuple[int, ...], ...]


def graph_sums(
    graphs: tuple[Multigraph, ...],
    z: Float[Array, " n"],
    theta: Float[Array, "n n"],
    to_origin: Float[Array, " n"] | None,
) -> Float[Array, " G"]:
    """Σ Π z Π θ of one jet for every graph."""
    between, outwards = _Powers(theta), _Powers(to_origin)
    values = []
    with opt_einsum.shared_intermediates():
        for graph in graphs:
            value = jnp.ones((), z.dtype)
            for one in contractions(graph):
                operands = [between[k] for k in one.between] + [outwards[k] for k in one.outwards]
                operands += [z] * one.particles
                value *= opt_einsum.contract(
                    one.equation, *operands, optimize=list(one.path), backend="jax"
                )
            values.append(value)
    return jnp.stack(values)


@cache
def contractions(graph: Multigraph) -> tuple[Contraction, ...]:
    """One for each connected part, whose sums multiply."""
    return tuple(_contraction(graph, set(part)) for part in graph.components)


def _contraction(graph: Multigraph, part: set[int]) -> Contraction:
    origin = 0 if graph.marked else None
    edges = Counter(edge for edge in graph.edges if part.issuperset(edge))
    between = {edge: many for edge, many in edges.items() if origin not in edge}
    outwards = {edge: many for edge, many in edges.items() if origin in edge}
    particles = sorted(part - {origin})
    terms = [
        *(_VERTICES[a] + _VERTICES[b] for a, b in between),
        *(_VERTICES[b] for _, b in outwards),
        *(_VERTICES[vertex] for vertex in particles),
    ]
    equation = ",".join(terms) + "->"
    shapes = [(_TYPICAL,) * len(term) for term in terms]
    path, _ = opt_einsum.contract_path(equation, *shapes, shapes=True, optimize="greedy")
    many = tuple(between.values()), tuple(outwards.values())
    return Contraction(equation, *many, len(particles), tuple(path))


class _Powers(dict[int, Array]):
    """Whole powers of an array, each computed when first asked for."""

    def __init__(self, base: Array | None):
        super().__init__({} if base is None else {1: base})

    def __missing__(self, power: int) -> Array:
        self[power] = self[power - 1] * self[1]
        return self[power]
