"""Multigraphs: counted against the published numbers and compared by trying every name."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smearjax.observables import Multigraph, multigraphs

# arXiv:1712.07124, table of multigraphs by degree.
CONNECTED = [1, 1, 2, 5, 12, 33, 103, 333]
ALL = [1, 1, 3, 8, 23, 66, 212, 686]


def by_degree(graphs):
    return np.bincount([graph.degree for graph in graphs]).tolist()


def test_published_numbers():
    assert by_degree(multigraphs(7)) == CONNECTED
    assert by_degree(multigraphs(7, connected=False)) == ALL
    assert all(graph.connected for graph in multigraphs(5))


def test_none_twice_and_all_named_alike():
    for graphs in (multigraphs(6), multigraphs(5, connected=False), multigraphs(4, marked=True)):
        assert len(set(graphs)) == len(graphs)
        for graph in graphs:
            assert Multigraph(graph.edges, 0 if graph.marked else None) == graph


edges = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 4)).filter(lambda e: e[0] != e[1]), max_size=7
)


def same_up_to_names(first, second, marked):
    """By trying every way to name the vertices."""
    vertices = [sorted({v for edge in e for v in edge}) for e in (first, second)]
    if len(vertices[0]) != len(vertices[1]):
        return False

    def multiset(edges, name):
        return sorted(tuple(sorted((name[a], name[b]))) for a, b in edges)

    wanted = multiset(first, {v: v for v in vertices[0]})
    for order in permutations(vertices[0]):
        name = dict(zip(vertices[1], order, strict=True))
        if multiset(second, name) == wanted and (not marked or name[second[0][0]] == first[0][0]):
            return True
    return False


@given(edges, edges, st.booleans())
def test_equal_exactly_if_names_alone_differ(first, second, marked):
    marked = marked and bool(first) and bool(second)
    graphs = [Multigraph(e, e[0][0] if marked else None) for e in (first, second)]
    assert (graphs[0] == graphs[1]) == same_up_to_names(first, second, marked)


@given(edges.filter(bool), st.permutations(range(5)), st.randoms(use_true_random=False))
def test_names_and_order_of_edges_do_not_matter(given_edges, names, random):
    changed = [tuple(random.sample((names[a], names[b]), 2)) for a, b in given_edges]
    random.shuffle(changed)
    assert Multigraph(changed) == Multigraph(given_edges)
    marked = given_edges[0][0]
    assert Multigraph(changed, names[marked]) == Multigraph(given_edges, marked)


def test_marked_ones_are_the_orbits_of_vertices():
    assert [str(graph) for graph in multigraphs(2, marked=True)] == ["01", "01²", "01 02", "01 12"]
    assert all(graph.marked for graph in multigraphs(3, marked=True))
    # A path of three edges has two kinds of vertices, a star two, a triangle one, …
    assert by_degree(multigraphs(3, marked=True))[3] == 1 + 3 + 1 + 2 + 2


def test_parts():
    two = Multigraph([(0, 1), (2, 3), (3, 4)])
    assert not two.connected
    assert sorted(map(len, two.components)) == [2, 3]
    assert (two.degree, two.n_vertices) == (3, 5)
    assert (Multigraph().degree, Multigraph().n_vertices, str(Multigraph())) == (0, 1, "0")


@pytest.mark.parametrize(
    ("edges", "marked", "message"),
    [
        ([(0, 0)], None, "two different vertices"),
        ([(0, 1, 2)], None, "two different vertices"),
        ([(0, 1)], 5, "marked is 5"),
        ([], 0, "marked is 0"),
    ],
)
def test_bad_graphs(edges, marked, message):
    with pytest.raises(ValueError, match=message):
        Multigraph(edges, marked)


def test_bad_degree():
    with pytest.raises(ValueError, match="max_degree must be at least 0"):
        multigraphs(-1)
