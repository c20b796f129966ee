"""Multigraphs: which particles an energy flow polynomial correlates, and how strongly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from typing import Any

from smearjax._expect import expect_whole

Edges = tuple[tuple[int, int], ...]
Adjacency = tuple[tuple[int, ...], ...]

_SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True, init=False)
class Multigraph:
    """A multigraph without loops, equal to every other one that only names its vertices otherwise.

    The dimensionless labels of energy flow polynomials, arXiv:1712.07124.

    Args:
        edges: pairs of vertices of any names; a pair that occurs k times is an edge of multiplicity
            k. Without edges it is a single vertex.
        marked: the name of the vertex that stands for a given direction, such as a lepton's, where
            the others stand for the particles of the jet.

    Attributes:
        edges: the same with vertices 0, 1, … in an agreed order, a marked vertex first.
        marked: whether vertex 0 is marked.

    Raises:
        ValueError: an edge that is no pair or joins a vertex to itself; a marked vertex of no edge.

    >>> Multigraph([("a", "b"), ("b", "c"), ("b", "a")]) == Multigraph([(0, 1), (0, 2), (0, 2)])
    True
    >>> print(Multigraph([(0, 1), (0, 2), (0, 2)]))
    01² 02
    """

    edges: Edges
    marked: bool

    def __init__(self, edges: Iterable[Sequence[Any]] = (), marked: Any = None):
        given = [tuple(edge) for edge in edges]
        for edge in given:
            if len(edge) != 2 or edge[0] == edge[1]:
                raise ValueError(f"edges has {edge!r}; expected pairs of two different vertices")
        names = list(dict.fromkeys(name for edge in given for name in edge))
        if marked is not None and marked not in names:
            raise ValueError(f"marked is {marked!r}, a vertex of no edge; the vertices are {names}")
        object.__setattr__(self, "edges", _canonical(given, names, marked))
        object.__setattr__(self, "marked", marked is not None)

    @property
    def degree(self) -> int:
        """Number of edges, multiplicities counted, dimensionless: the power of angles."""
        return len(self.edges)

    @property
    def n_vertices(self) -> int:
        """Number of vertices, a marked one included, dimensionless."""
        return 1 + max((vertex for edge in self.edges for vertex in edge), default=0)

    @property
    def components(self) -> tuple[tuple[int, ...], ...]:
        """The vertices of each connected part, dimensionless."""
        parts = [{vertex} for vertex in range(self.n_vertices)]
        for a, b in self.edges:
            one, other = (next(p for p in parts if v in p) for v in (a, b))
            if one is not other:
                parts.remove(other)
                one |= other
        return tuple(tuple(sorted(part)) for part in parts)

    @property
    def connected(self) -> bool:
        """Whether there is one part, dimensionless."""
        return len(self.components) == 1

    def __str__(self) -> str:
        many = Counter(self.edges)
        words = [
            f"{a}{b}" + (str(power).translate(_SUPERSCRIPT) if power > 1 else "")
            for (a, b), power in many.items()
        ]
        return " ".join(words) or "0"


def multigraphs(
    max_degree: int, *, connected: bool = True, marked: bool = False
) -> tuple[Multigraph, ...]:
    """All multigraphs of up to so many edges, no two of them the same; dimensionless.

    There are 1, 1, 2, 5, 12, 33, 103, 333 connected ones of 0, 1, … 7 edges, and 1, 1, 3, 8, 23,
    66, 212, 686 in all (arXiv:1712.07124). Of more than one part are products of the parts'
    polynomials: what a linear model needs, and no new number.

    Args:
        max_degree: largest number of edges, the single vertex having none.
        connected: only those of one part.
        marked: those with a marked vertex instead, in one part with others.

    Returns:
        By degree, then by number of vertices.

    Raises:
        ValueError: max_degree is no whole number of at least 0.

    >>> [str(graph) for graph in multigraphs(3)]
    ['0', '01', '01²', '01 02', '01³', '01² 02', '01 02 12', '01 02 03', '01 02 13']
    """
    expect_whole("max_degree", max_degree, least=0)
    whole = [_connected(degree, False) for degree in range(max_degree + 1)]
    found = [_connected(degree, True) for degree in range(max_degree + 1)] if marked else whole
    if not connected:
        found = _with_other_parts(found, whole[1:], marked)
    return tuple(graph for same in found for graph in sorted(same, key=_order))


def _order(graph: Multigraph) -> tuple[int, Edges]:
    return graph.n_vertices, graph.edges


@cache
def _connected(degree: int, marked: bool) -> frozenset[Multigraph]:
    """The connected ones of so many edges: each is one of fewer with an edge added."""
    if marked:
        whole = _connected(degree, False) if degree else ()
        return frozenset(Multigraph(g.edges, v) for g in whole for v in range(g.n_vertices))
    if degree < 2:
        return frozenset([Multigraph([(0, 1)] * degree)])
    grown = set()
    for graph in _connected(degree - 1, False):
        vertices = range(graph.n_vertices)
        new_vertex = [(vertex, graph.n_vertices) for vertex in vertices]
        for edge in (*combinations(vertices, 2), *new_vertex):
            grown.add(Multigraph((*graph.edges, edge)))
    return frozenset(grown)


def _with_other_parts(
    begun: list[frozenset[Multigraph]], parts: list[frozenset[Multigraph]], marked: bool
) -> list[set[Multigraph]]:
    """Those of one part, and those with any further parts, by degree."""
    found = [set(same) for same in begun]
    for degree in range(len(begun)):
        for size, same in enumerate(parts[:degree], start=1):
            for graph in list(found[degree - size]):
                found[degree] |= {_beside(graph, part) for part in same if graph.edges}
    return found


def _beside(graph: Multigraph, part: Multigraph) -> Multigraph:
    """The two as one graph of more parts."""
    moved = [(a + graph.n_vertices, b + graph.n_vertices) for a, b in part.edges]
    return Multigraph((*graph.edges, *moved), 0 if graph.marked else None)


def _canonical(edges: list[tuple[Any, Any]], names: list[Any], marked: Any) -> Edges:
    """The edges with the vertices numbered in one agreed way."""
    number = {name: place for place, name in enumerate(names)}
    matrix = [[0] * len(names) for _ in names]
    for a, b in edges:
        matrix[number[a]][number[b]] += 1
        matrix[number[b]][number[a]] += 1
    adjacency = tuple(map(tuple, matrix))
    # A marked vertex first, then by falling number of edges.
    kind = [(name != marked, -sum(row)) for name, row in zip(names, matrix, strict=True)]
    colours = tuple(sorted(set(kind)).index(one) for one in kind)
    pairs = [(a, b) for a in range(len(names)) for b in range(a + 1, len(names))]
    best = max(
        (tuple(adjacency[order[a]][order[b]] for a, b in pairs) for order in
         _orders(adjacency, colours)),
        default=(),
    )  # fmt: skip
    return tuple(pair for pair, many in zip(pairs, best, strict=True) for _ in range(many))


def _orders(adjacency: Adjacency, colours: tuple[int, ...]) -> Iterator[list[int]]:
    """Orders of the vertices, few of them, in which every way to name the vertices is met once.

    Colours tell vertices apart by what they are joined to. Where some still share one, each in
    turn is told apart by hand, but for those whose exchange with one of them changes nothing.
    """
    colours = _refined(adjacency, colours)
    shared = min((c for c in colours if colours.count(c) > 1), default=None)
    if shared is None:
        yield sorted(range(len(colours)), key=colours.__getitem__)
        return
    tried: list[int] = []
    for vertex in (v for v, colour in enumerate(colours) if colour == shared):
        if not any(_twins(adjacency, vertex, other) for other in tried):
            tried.append(vertex)
            yield from _orders(
                adjacency, tuple(2 * colour + (v != vertex) for v, colour in enumerate(colours))
            )


def _refined(adjacency: Adjacency, colours: tuple[int, ...]) -> tuple[int, ...]:
    """Colours split by the colours of the neighbours, as far as that goes."""
    while True:
        seen = [
            (colour, tuple(sorted((many, colours[u]) for u, many in enumerate(row) if many)))
            for colour, row in zip(colours, adjacency, strict=True)
        ]
        rank = {key: place for place, key in enumerate(sorted(set(seen)))}
        finer = tuple(rank[key] for key in seen)
        if len(rank) == len(set(colours)):
            return finer
        colours = finer


def _twins(adjacency: Adjacency, one: int, other: int) -> bool:
    """Whether exchanging the two changes nothing."""
    rest = (v for v in range(len(adjacency)) if v not in (one, other))
    return all(adjacency[one][v] == adjacency[other][v] for v in rest)
