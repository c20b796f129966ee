"""The picture of one jet's flow: displays that do not depend on how a jet is turned, and panels."""

from __future__ import annotations

import numpy as np
import pytest

from smearjax import Jets, SmearedLikelihood, load_jets
from smearjax.interpret.explain import explain
from smearjax.report.displays import event_display, standard_view
from smearjax.report.flow import flow_figure
from smearjax.report.style import BLUE, VERMILION, hep_style
from smearjax.smearing import HardBall


@pytest.fixture(scope="module")
def jets():
    return load_jets("sample")[:200]


@pytest.fixture(scope="module")
def likelihood(jets):
    return SmearedLikelihood(jets)


def moved(jet: Jets, angle: float, flip: float) -> Jets:
    """The jet turned, reflected and shifted through φ = π."""
    y, phi = (np.asarray(v, np.float64) for v in (jet.y, jet.phi))
    about_y, about_phi = y - 0.3, np.mod(phi - 1.0 + np.pi, 2 * np.pi) - np.pi
    turned = np.cos(angle) * about_y - np.sin(angle) * about_phi
    other = np.sin(angle) * about_y + np.cos(angle) * about_phi
    return Jets(np.float64(jet.pt), turned + 1.3, flip * other + 3.1, mask=jet.mask)


@pytest.mark.parametrize("row", [0, 7, 21])
def test_one_view_of_a_jet_however_it_is_turned(jets, row):
    jet = jets[[row]]
    near = Jets(np.float64(jet.pt), np.float64(jet.y), np.float64(jet.phi), mask=jet.mask)
    z, x, y = standard_view(near)
    assert z.sum() == pytest.approx(1)
    np.testing.assert_allclose([z @ x, z @ y, z @ (x * y)], 0, atol=1e-12)
    assert z @ x**2 >= z @ y**2
    assert z[x > 0].sum() >= 0.5
    assert z[y > 0].sum() >= 0.5
    # Pairs of particles keep their angles.
    d = np.hypot(x[:, None] - x, y[:, None] - y)
    phi, mask = np.float64(jet.phi[0]), jet.mask[0]
    turn = np.mod(phi[:, None] - phi + np.pi, 2 * np.pi) - np.pi
    want = np.hypot(np.float64(jet.y[0])[:, None] - np.float64(jet.y[0]), turn)
    np.testing.assert_allclose(d, want[mask][:, mask], atol=1e-12)
    for angle, flip in ((0.7, 1), (2.9, -1), (-1.8, 1)):
        again = standard_view(moved(near, angle, flip))
        np.testing.assert_allclose(again, (z, x, y), atol=1e-9)


def test_one_particle_and_two(jets):
    for jet in (Jets([[5.0]], [[1.0]], [[2.0]]), Jets([[5.0, 0.0]], [[1.0, 0.0]], [[2.0, 0.0]])):
        z, x, y = standard_view(jet)
        np.testing.assert_array_equal([z, np.abs(x), np.abs(y)], [[1.0], [0.0], [0.0]])


def test_figure_shows_the_jet_its_neighbours_and_its_flips(jets, likelihood):
    grid = np.geomspace(3, 60, 9)
    found = explain(likelihood, 21, grid, shown_at=[5.0, 20.0], neighbours=5, replicas=2)
    assert found.flips
    with hep_style():
        figure = flow_figure(found, jets)
        figure.draw_without_rendering()
    titles = [axes.get_title(loc) for axes in figure.axes for loc in ("left", "center")]
    said = [title for title in titles if title]
    assert said[:2] == ["Jet 21 (quark), at every resolution", "the jet"]
    names = {1: ("quark", BLUE), 0: ("gluon", VERMILION)}
    want = [
        f"{names[int(label)][0]}, {d:.3g} GeV"
        for ball in found.neighbourhoods
        for label, d in zip(ball.label, ball.distance, strict=True)
    ]
    assert said[2:] == want
    assert len(want) == 10
    value = next(axes for axes in figure.axes if axes.get_ylabel() == "ln L(x|ε)")
    words = [text.get_text() for text in value.texts]
    assert any(f"{found.flips[0].epsilon:.3g}" in text for text in words)
    drawn = value.lines[1].get_ydata()
    np.testing.assert_allclose(drawn, np.where(found.empty, np.nan, found.value))


def test_figure_without_slope_without_balls_and_from_outside(jets, likelihood):
    hard = likelihood.with_kernel(HardBall())
    outside = load_jets("sample")[200:201]
    found = explain(hard, outside, [0.01, 0.02], replicas=2)
    assert found.empty.all()
    assert found.neighbourhoods == ()
    with pytest.raises(ValueError, match="jet is missing"):
        flow_figure(found, jets)
    with hep_style():
        figure = flow_figure(found, jets, outside)
        figure.draw_without_rendering()
    assert not any("d ln ε" in axes.get_ylabel() for axes in figure.axes)
    assert sum(len(axes.collections) for axes in figure.axes) == 2  # a band and one jet


def test_area_follows_momentum(jets):
    from smearjax.report.axes import new_figure

    axes = new_figure((3, 3))[1]
    event_display(axes, jets[:1])
    size = axes.collections[0].get_sizes()
    pt = np.asarray(jets.pt[0])[np.asarray(jets.mask[0])]
    np.testing.assert_allclose(size / size.sum(), pt / pt.sum(), rtol=1e-6)
