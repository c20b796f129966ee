"""Black-box guiding on black boxes whose observables are known."""

import numpy as np
import pytest

from smearjax.evaluate import ado
from smearjax.interpret import guide
from smearjax.interpret.guiding.ranking import Choosing, chance
from smearjax.interpret.guiding.student import learn
from smearjax.jets import load_jets
from smearjax.observables import ObservableLibrary, efp_library, multigraphs, named_library


def toy_library(n=2000, seed=0):
    """Two observables that tell the classes apart, one that stands for both, and noise."""
    rng = np.random.default_rng(seed)
    label = rng.integers(0, 2, n)
    a, b = (label + rng.normal(size=n) for _ in range(2))
    values = {"both": a + b + 0.5 * rng.normal(size=n), "a": a, "b": b}
    values |= {f"noise {k}": rng.normal(size=n) for k in range(5)}
    return ObservableLibrary(values), label


@pytest.mark.slow
def test_a_function_of_two_is_recovered():
    """The stand-in for both is taken first and gives way."""
    library, label = toy_library()
    black_box = np.exp(library["a"]) + np.exp(0.8 * library["b"])
    found = guide(black_box, library, label, tolerance=-1, max_steps=4)
    assert found.steps[0].name == "both"
    assert sorted(found.observables) == ["a", "b"]
    assert found.ado.value > 0.99
    assert "ended: " in str(found)
    assert str(found).count("\n") >= 3 + len(found.steps)


def test_noise_stops_at_once():
    library, label = toy_library()
    for seed in range(2):
        found = guide(
            np.random.default_rng(seed).normal(size=len(label)), library, label, seed=seed
        )
        assert (found.steps, found.observables, found.auc) == ((), (), None)
        assert "better than chance" in found.stopped


def test_closing_the_gap_ends_it():
    library, label = toy_library()
    found = guide(library["a"] ** 3, library, label)
    assert found.observables == ("a",)
    assert "within 0.002" in found.stopped


def test_weights_decide():
    """Jets of weight 0 may say what they like."""
    library, label = toy_library()
    ours = np.arange(len(label)) % 2 == 0
    black_box = np.where(ours, library["a"], library["noise 1"])
    found = guide(black_box, library, label, weight=ours.astype(float), max_steps=1)
    assert found.observables == ("a",)


def test_steps_are_kept_and_other_work_is_refused(tmp_path, monkeypatch):
    library, label = toy_library()
    black_box = library["a"] + library["b"]
    asked = {"tolerance": -1, "max_steps": 1, "folder": tmp_path / "guiding"}
    whole = guide(black_box, library, label, **asked)

    def never(*_):
        raise AssertionError("a kept step was made again")

    monkeypatch.setattr("smearjax.interpret.guiding.work.chance", never)
    assert guide(black_box, library, label, **asked) == whole
    with pytest.raises(ValueError, match="differs in black_box"):
        guide(2 * black_box, library, label, **asked)
    with pytest.raises(ValueError, match="differs in seed"):
        guide(black_box, library, label, seed=1, **asked)


def test_standard_error_of_the_ordering():
    """Against the scatter over independent samples."""
    rng = np.random.default_rng(0)
    found = []
    for _ in range(300):
        signal = np.arange(400) % 2 == 0
        f, g, h = (rng.normal(size=400) + 0.3 * signal for _ in range(3))
        choosing = Choosing(g + 0.5 * f, h, signal, np.ones(400))
        found.append(
            (choosing.ordering(f, choosing.different), choosing.error(f, choosing.different))
        )
    orderings, errors = np.array(found).T
    assert np.mean(errors) == pytest.approx(np.std(orderings), rel=0.15)


def test_chance_counts_the_library():
    assert chance(0.5 + 2 * 0.01, 0.01, 1) == pytest.approx(0.0455, rel=1e-2)
    assert chance(0.5 - 4 * 0.01, 0.01, 1000) == pytest.approx(1000 * 6.334e-5, rel=1e-3)
    assert chance(0.51, 0.01, 1000) == 1.0


def test_a_student_learns_any_units_and_ties():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(3000, 2))
    target = np.sin(2 * x[:, 0]) + x[:, 1]
    columns = np.stack([1e-9 * np.exp(5 * x[:, 0]), 1e6 * x[:, 1]], axis=1)
    scores = learn(columns[:2000], target[:2000], np.ones(2000), seed=0)(columns)
    assert np.corrcoef(scores[2000:], target[2000:])[0, 1] > 0.99
    constant = np.zeros((2000, 1))
    assert np.isfinite(learn(constant, target[:2000], np.ones(2000), seed=0)(constant)).all()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("pair", "sign"),
    [
        (("EFP 01 02 12, κ=1, β=0.5", "EFP 0, κ=2"), 1),
        (("EFP 01², κ=1, β=1", "multiplicity"), -1),
        (("EFP 01 02 12, κ=1, β=0.5", "EFP 0, κ=2"), -1),
    ],
)
def test_two_of_five_hundred_are_recovered(pair, sign):
    """Energy flow polynomials of real jets, each with three near-duplicates of it.

    Those that order all jets alike, as EFP 01² at β = 1 and EFP 01 at β = 2 do, are one.
    """
    jets = load_jets("sample")
    library = named_library(jets) | efp_library(jets, multigraphs(4), [1, 2], [0.5, 1, 2])
    values = {name: column for name, column in library.values.items() if name != "p_T^D"}
    rng = np.random.default_rng(0)
    for name in list(values):
        for noise in (0.01, 0.03, 0.1):
            factor = np.exp(noise * rng.normal(size=len(jets)))
            values[f"{name} with {noise:g}"] = values[name] * factor
    assert len(values) > 500
    one, other = (np.argsort(np.argsort(values[name])) / len(jets) for name in pair)
    black_box = -one + sign * 0.6 * np.square(other)
    found = guide(black_box, ObservableLibrary(values), jets.label, tolerance=-1)
    assert len(found.observables) == 2
    for name in pair:
        assert any(
            taken == name or ado(values[name], values[taken], jets.label) > 0.999
            for taken in found.observables
        )


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"black_box": np.zeros(10)}, "label must have shape"),
        ({"black_box": np.full(2000, np.nan)}, "black_box are NaN"),
        ({"max_steps": 0}, "max_steps must be at least 1"),
        ({"significance": 2.0}, "significance must be a probability"),
        ({"tolerance": 1.5}, "tolerance must be a number below 1"),
    ],
)
def test_bad_arguments(changed, message):
    library, label = toy_library()
    arguments = {"black_box": library["a"], "library": library, "label": label} | changed
    with pytest.raises(ValueError, match=message):
        guide(**arguments)


def test_few_jets_are_refused():
    library, label = toy_library(300)
    with pytest.raises(ValueError, match="at least 400 jets"):
        guide(library["a"], library, label)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "values are empty"),
        ({"a": [1.0, 2.0], "b": [1.0]}, "'b' is float64 of shape"),
        ({"a": [1.0, np.nan]}, r"'a' is nan for 1 jets \(first: 1\)"),
    ],
)
def test_bad_libraries(values, message):
    with pytest.raises(ValueError, match=message):
        ObservableLibrary(values)
