"""The main job on a small data set: what it returns, and that its seed decides."""

import numpy as np
import pytest

from smearjax.analysis import AnalyzeConfig, analyze
from smearjax.analysis.verdict import half_maximum_range, resolved
from smearjax.evaluate import auc
from smearjax.interpret.observables import multiplicity
from smearjax.jets import load_jets, save_jets, split_rows
from smearjax.report import check_result

SMALL = {"n_epsilon": 5, "epsilon_min": 3.0, "epsilon_max": 48.0, "replicas": 4, "epochs": 2}


@pytest.fixture(scope="module")
def small_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("jets") / "small.npz"
    save_jets(path, load_jets("sample")[:500])
    return path


@pytest.fixture(scope="module")
def result(small_file):
    return analyze(AnalyzeConfig(data=str(small_file), **SMALL))


def without_times(result):
    return {key: value for key, value in result.items() if key != "time_s"}


def test_the_result_is_complete(result):
    plain = check_result(result)
    assert plain["n_jets"]["quark"] + plain["n_jets"]["gluon"] == 500
    assert [row["epsilon_gev"] for row in plain["auc_vs_epsilon"]] == pytest.approx(
        [3, 6, 12, 24, 48]
    )
    sizes = [sum(part.values()) for part in plain["split"].values()]
    assert sum(sizes) == 500
    assert sizes[2] == pytest.approx(200, abs=1)
    assert plain["settings"]["seed"] == 0


def test_bands_contain_their_points(result):
    for key in ("auc_vs_epsilon", "hard_ball_auc_vs_epsilon", "smeared_efn_auc_vs_epsilon"):
        for row in result[key]:
            assert row["auc_lo"] <= row["auc_hi"]
            assert 0 <= row["empty_fraction"] <= 1
    for row in result["information_per_lnepsilon"]:
        assert row["R_err"] > 0
        assert row["B_err"] > 0


def test_observables_are_those_of_the_held_out_jets(result, small_file):
    jets = load_jets(small_file)
    test = jets[split_rows(jets, (0.5, 0.1, 0.4), 0)[2]]
    expected = auc(-multiplicity(test), test.label)
    assert result["observables"]["multiplicity"]["auc"] == pytest.approx(expected, abs=1e-12)


def test_the_same_seed_gives_the_same_numbers(result, small_file):
    again = analyze(AnalyzeConfig(data=str(small_file), **SMALL))
    assert without_times(check_result(again)) == without_times(check_result(result))


def test_the_answer_quotes_the_numbers(result):
    assert f"{result['best']['auc']:.3f}" in result["answer"]
    assert f"{result['efn']['auc']:.3f}" in result["answer"]
    assert f"{result['n_jets']['quark']:,} quark" in result["answer"]


def test_unlabelled_jets_are_refused(tmp_path):
    jets = load_jets("sample")[:50]
    save_jets(tmp_path / "bare.npz", jets.replace(label=None))
    with pytest.raises(ValueError, match="has no labels"):
        analyze(AnalyzeConfig(data=str(tmp_path / "bare.npz")))


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"epsilon_min": 0.0}, "epsilon_min"),
        ({"epsilon_min": 5.0, "epsilon_max": 2.0}, "rising"),
        ({"epsilon_max": float("inf")}, "epsilon_max"),
        ({"n_epsilon": 2}, "n_epsilon"),
        ({"replicas": 1}, "replicas"),
        ({"epochs": 0}, "epochs"),
        ({"test_fraction": 0.95}, "test_fraction"),
        ({"validation_fraction": 0.0}, "validation_fraction"),
    ],
)
def test_impossible_settings(bad, message):
    with pytest.raises(ValueError, match=message):
        AnalyzeConfig(**bad)


def test_half_maximum_range_is_about_the_maximum():
    epsilon = np.array([1.0, 2.0, 4.0, 8.0, 16.0, 32.0])
    assert half_maximum_range(epsilon, np.array([3.0, 1.0, 6.0, 4.0, 3.0, 2.9])) == (4.0, 16.0)
    assert half_maximum_range(epsilon, np.ones(6)) == (1.0, 32.0)


def test_unresolved_slopes_do_not_count():
    slope, error = np.array([9.0, 1.0, 2.0, 1.5]), np.array([5.0, 0.1, 0.1, 0.1])
    assert resolved(slope, error).tolist() == [0.0, 1.0, 2.0, 1.5]
