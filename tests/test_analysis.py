"""The main job on a small data set: what it returns, and that its seed decides."""

import jax
import numpy as np
import pytest
from wrong_kinds import not_refused

from smearjax import SmearedLikelihood, information
from smearjax.analysis import AnalyzeConfig, analyze
from smearjax.analysis.config import SECTION_NAMES, USUAL
from smearjax.analysis.sections import section
from smearjax.analysis.sections.ground import Ground
from smearjax.analysis.verdict import half_maximum_range, resolved
from smearjax.evaluate import auc
from smearjax.extremes import pair_distribution
from smearjax.interpret import Explanation, explain
from smearjax.jets import load_jets, save_jets, split_rows
from smearjax.networks import EFN, network_scores, save_network
from smearjax.observables import multiplicity
from smearjax.report import check_result
from smearjax.smearing import epsilon_curve, permuted, scale_peaks

SMALL = {
    "n_epsilon": 5,
    "epsilon_min": 3.0,
    "epsilon_max": 48.0,
    "replicas": 4,
    "epochs": 2,
    "sections": ("usual",),
}
GRID = np.geomspace(3.0, 48.0, 5)
OTHER = EFN((8,), (8,), key=jax.random.key(9))


@pytest.fixture(scope="module")
def small_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("jets") / "small.npz"
    save_jets(path, load_jets("sample")[:500])
    return path


@pytest.fixture(scope="module")
def result(small_file):
    other = small_file.with_name("other.eqx")
    save_network(other, OTHER)
    return analyze(AnalyzeConfig(data=str(small_file), networks=(str(other),), **SMALL))


@pytest.fixture(scope="module")
def usual(result, small_file):
    """The result, its jets, and the likelihoods of an analysis with seed 0 made here."""
    jets = load_jets(small_file)
    train, validation, test = split_rows(jets, (0.5, 0.1, 0.4), 0)
    full = SmearedLikelihood(jets)
    reference = full.restrict(np.concatenate([train, validation]))
    return check_result(result), jets, full, reference, test


def columns(rows, *names):
    return [np.array([row[name] for row in rows], float) for name in names]


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


@pytest.mark.slow
def test_the_same_seed_gives_the_same_numbers(result, small_file):
    other = str(small_file.with_name("other.eqx"))
    again = analyze(AnalyzeConfig(data=str(small_file), networks=(other,), **SMALL))
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


# Further sections, beside the library called directly ---------------------------------------------


def test_every_section_is_there_and_timed(usual):
    result, *_ = usual
    assert set(result["sections"]) == set(USUAL)
    for name, record in result["sections"].items():
        assert "absent" not in record, record
        assert result["time_s"][f"section {name}"] > 0


def test_networks_are_the_library_with_probabilities(usual):
    result, jets, full, _, test = usual
    record, held = result["sections"]["networks"], full.restrict(test)
    efn, other = record["networks"]
    assert (efn["name"], other["name"]) == ("EFN", "other")
    assert efn["auc"] == result["efn"]["auc"]
    assert other["auc"] == result["learned"]["other"]["auc"]
    truth = information(held, GRID, replicas=4)
    np.testing.assert_array_equal(columns(record["truth"], "R", "B"), [truth.R, truth.B])
    score = network_scores(OTHER, jets[test]).astype(float)
    probability = 1 / (1 + np.exp(-score))
    info = information(held, GRID, probability=probability, replicas=4)
    rows = other["rows"]
    np.testing.assert_array_equal(columns(rows, "R", "B_err"), [info.R, info.B_err])
    np.testing.assert_allclose(columns(rows, "R_share")[0], info.R / truth.R)
    scatter = (info.R_replicas / truth.R_replicas).std(axis=0, ddof=1)
    np.testing.assert_allclose(columns(rows, "R_share_err")[0], scatter)
    curve = epsilon_curve(held, None, GRID, values=probability, replicas=4)
    np.testing.assert_array_equal(
        columns(rows, "auc", "cross_entropy"), [curve.auc, curve.cross_entropy]
    )


def test_null_is_that_of_the_library(usual):
    result, _, full, *_ = usual
    record = result["sections"]["null"]
    band = permuted(full, GRID, permutations=100)
    info = information(full, GRID, replicas=4)
    for name, curve in (("R", "R"), ("minus_dB_dlneps", "minus_dB")):
        assert record["p_value"][name] == band.p_value(info, curve)
        ends = columns(record["rows"], f"{name}_lo", f"{name}_hi")
        want = np.quantile(getattr(band, curve), (0.025, 0.975), axis=0)
        np.testing.assert_allclose(ends, want, rtol=1e-12)
    peaks = [peak["epsilon_gev"] for peak in record["peaks"]["all jets"]["minus_dR_dlneps"]]
    assert peaks == [peak.epsilon for peak in scale_peaks(info, "minus_dR")]


def test_distances_are_those_of_all_pairs(usual):
    result, _, full, *_ = usual
    record = result["sections"]["distances"]
    pairs = pair_distribution(full, GRID)
    for kind in ("gg", "gq", "qq"):
        got = columns(record["rows"], *(f"{kind}_{x}" for x in ("F", "F_err", "D", "D_err")))
        curve = getattr(pairs, kind)
        np.testing.assert_allclose(got, [curve.F, curve.F_err, curve.D, curve.D_err])
        low, high, share, error = columns(
            record["nearest"], "low_gev", "high_gev", kind, f"{kind}_err"
        )
        number = record["n_jets"]["gluon" if kind == "gg" else "quark"]
        assert np.sum(share * np.log(high / low)) == pytest.approx(1)
        np.testing.assert_allclose(error, np.sqrt(share / np.log(high / low) / number))
    # A jet's nearest jet lies within ε for those that hold any pair.
    point = full.leave_one_out.points
    vectors, norm = np.asarray(point.vectors, float), np.asarray(point.norm, float)
    d2 = norm[:, None] + norm - 2 * vectors @ vectors.T
    quark = np.asarray(full.label) == 1
    np.fill_diagonal(d2, np.inf)
    want = np.median(np.sqrt(d2[quark][:, quark].min(axis=1)))
    assert record["nearest_median"]["qq"]["value_gev"] == pytest.approx(want, rel=1e-4)
    assert result["nearest_neighbour_gev"]["median"] <= record["nearest_median"]["qq"]["hi_gev"]


def test_ratios_are_those_of_the_test_jets(usual):
    result, jets, full, reference, test = usual
    query = reference.queries(full.leave_one_out.points[test])
    label = np.asarray(jets.label)[test]
    best = result["best"]["epsilon_gev"]
    for at in result["sections"]["ratios"]["at"]:
        assert min(abs(at["epsilon_gev"] - best * x) for x in (0.5, 1, 3, 10)) < 1e-9 or (
            at["epsilon_gev"] in (GRID[0], GRID[-1])
        )
        ratio = np.asarray(reference.log_ratio(query, at["epsilon_gev"]), float)
        empty = np.asarray(reference.balls(query, at["epsilon_gev"]).empty)[0]
        assert at["empty_fraction"] == pytest.approx(empty.mean())
        score = reference.score(query, at["epsilon_gev"])[0]
        assert at["auc"] == pytest.approx(auc(score, label), abs=1e-3)
        low, high, quark = columns(at["histogram"], "low", "high", "quark")
        assert np.sum(quark * (high - low)) == pytest.approx(1 - empty[label == 1].mean())
        middle = len(low) // 2
        inside = (ratio[(label == 1) & ~empty] < low[middle]).mean() * (
            1 - empty[label == 1].mean()
        )
        assert np.sum((quark * (high - low))[:middle]) == pytest.approx(inside, abs=1e-9)


def test_jets_are_the_most_wrong_ones_that_flip(usual):
    result, jets, full, _, test = usual
    record, best = result["sections"]["jets"], result["best"]["epsilon_gev"]
    label = np.asarray(jets.label)
    above = GRID[best < GRID]
    ratio = np.stack([full.log_ratio(None, e) for e in (best, *above)])
    for one, c in zip(record["explained"], (1, 0), strict=True):
        sign = 1 if c == 1 else -1
        flips = [row for row in test if label[row] == c and np.ptp(np.sign(ratio[:, row])) == 2]
        want = min(flips, key=lambda row: sign * ratio[0, row])
        found = Explanation.from_record(one["explanation"])
        assert (found.jet, found.label) == (want, c)
        assert one["log_ratio_at_best"] == pytest.approx(ratio[0, want], rel=1e-4)
        assert any(flip.epsilon > 0.99 * best for flip in found.flips)
        again = explain(full, int(want), GRID, shown_at=[b.epsilon for b in found.neighbourhoods],
                        replicas=4)  # fmt: skip
        assert str(found) == str(again)
        assert check_explanation(found) == one["explanation"]
        seen = np.asarray(jets.mask[want])
        np.testing.assert_allclose(one["jet"]["pt_gev"], np.asarray(jets.pt[want])[seen], atol=6e-5)
        shown = {str(number) for ball in found.neighbourhoods for number in ball.index}
        assert set(one["neighbours"]) == shown


def check_explanation(found):
    """The record of an explanation as result.json holds it."""
    from smearjax.report.schema import _plain

    return _plain(found.record, "record")


def test_too_few_jets_for_a_section_are_told(usual):
    full = usual[2].restrict(range(150))
    ground = Ground(*len(Ground._fields) * [None])._replace(
        config=AnalyzeConfig(**SMALL), full=full, progress=False
    )
    found = section("extrapolation", ground)
    assert found.scores == {}
    assert "96" in found.record["absent"]


@pytest.mark.parametrize("bad", ["nowhere.npz", "bare.npz"])
def test_wrong_variation_is_found_before_the_work(bad, tmp_path, monkeypatch):
    save_jets(tmp_path / "bare.npz", load_jets("sample")[:50].replace(label=None))
    monkeypatch.setattr("smearjax.analysis.run.SmearedLikelihood", None)
    with pytest.raises((ValueError, FileNotFoundError), match=bad):
        analyze(AnalyzeConfig(variation=str(tmp_path / bad)))


def test_which_sections():
    assert AnalyzeConfig().chosen_sections == tuple(n for n in SECTION_NAMES if n in USUAL)
    assert AnalyzeConfig(quick=True).chosen_sections == ()
    assert AnalyzeConfig(sections=()).chosen_sections == ()
    assert AnalyzeConfig(sections=("all",), quick=True).chosen_sections == SECTION_NAMES
    both = AnalyzeConfig(sections=("jets", "null"), variation="other.npz")
    assert both.chosen_sections == ("null", "jets", "variation")
    wrong = """
AnalyzeConfig(sections=("sorcery",)) | sections are ('sorcery',); expected a tuple of usual, all
AnalyzeConfig(sections="all") | sections are 'all'; expected a tuple
"""
    assert not_refused(wrong, "from smearjax.analysis import AnalyzeConfig") == ""
