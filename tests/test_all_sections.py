"""Every further section of an analysis at once, the long ones against the library, and the page."""

import numpy as np
import pytest

from smearjax import SmearedLikelihood, information, load_jets
from smearjax.analysis import AnalyzeConfig, analyze
from smearjax.analysis.config import SECTION_NAMES
from smearjax.evaluate import auc
from smearjax.interpret import information_by_rank, karhunen_loeve
from smearjax.jets import concatenate, save_jets, split_rows
from smearjax.report import check_result, load_result, write_report
from smearjax.smearing import MetricConfig, extrapolate, learn_metric, learn_mixture

GRID = np.geomspace(3.0, 48.0, 5)
SMALL = {"n_epsilon": 5, "epsilon_min": 3.0, "epsilon_max": 48.0, "replicas": 4, "epochs": 1}


def columns(rows, *names):
    return [np.array([row[name] for row in rows], float) for name in names]


@pytest.mark.slow
def test_all_sections(tmp_path):
    path = str(tmp_path / "small.npz")
    save_jets(path, load_jets("sample")[:1100])
    varied = load_jets("sample")[2000:2500]
    save_jets(tmp_path / "varied.npz", varied)
    config = AnalyzeConfig(
        data=path, sections=("all",), variation=str(tmp_path / "varied.npz"), **SMALL
    )
    result = check_result(analyze(config))
    sections = result["sections"]
    assert set(sections) == {*SECTION_NAMES, "variation"}
    assert not any("absent" in record for record in sections.values())
    jets = load_jets(path)
    train, validation, test = split_rows(jets, (0.5, 0.1, 0.4), 0)
    full = SmearedLikelihood(jets)
    label = np.asarray(jets.label)

    far = extrapolate(full, GRID[::2])
    rows = sections["extrapolation"]["rows"]
    for name, curve in far.curves.items():
        got = columns(rows, "epsilon_gev", name, f"{name}_limit", f"{name}_limit_err")
        want = [GRID[::2], curve.at_n[0], curve.limit, curve.limit_err]
        np.testing.assert_allclose(got, want, rtol=1e-6)
        assert [row[f"{name}_resolved"] for row in rows] == curve.resolved.tolist()

    scales = np.geomspace(3.0, 48.0, 9)
    mixture = learn_mixture(full.restrict(train), jets[validation], scales)
    weight, error = columns(sections["mixture"]["rows"], "weight", "weight_err")
    np.testing.assert_allclose([weight, error], [mixture.weight, mixture.weight_err], atol=1e-4)
    score = mixture.score(jets[test])
    assert sections["mixture"]["mixed"]["auc"] == pytest.approx(auc(score, label[test]), abs=1e-3)

    learned = learn_metric(jets[train], jets[validation], MetricConfig())
    assert sections["metric"]["beta"] == pytest.approx(learned.numbers["beta"], rel=1e-5)
    assert sections["metric"]["numbers"] == 17
    np.testing.assert_allclose(
        columns(sections["metric"]["rows"], "share")[0], learned.shares[0], rtol=1e-5
    )
    score = learned.likelihood(jets[train]).score(jets[test], learned.epsilon)[0]
    assert result["learned"]["learned metric"]["auc"] == pytest.approx(
        auc(score, label[test]), abs=1e-9
    )

    spectrum = karhunen_loeve(full, replicas=10)
    got = columns(sections["components"]["spectrum"], "eigenvalue_gev2", "share_err")
    np.testing.assert_allclose(got, [spectrum.eigenvalue, spectrum.share_err], rtol=1e-9)
    shown = sections["components"]["information"]
    ranks = information_by_rank(full, shown["epsilon_gev"], ranks=[1, 2], alone=1, replicas=10)
    got = [row["share"] for row in shown["leading"][:2]]
    np.testing.assert_allclose(got, ranks.share()[0], rtol=1e-9)

    quarks = [some[np.flatnonzero(np.asarray(some.label) == 1)] for some in (jets, varied)]
    quarks[1] = quarks[1][: len(quarks[0])]
    both = concatenate([
        some.replace(label=np.full(len(some), c)) for some, c in zip(quarks, (1, 0), strict=True)
    ])  # fmt: skip
    info = information(SmearedLikelihood(both, pt_ref=float(full.pt_ref)), GRID, replicas=4)
    got = columns(sections["variation"]["quark"]["rows"], "R", "B_err")
    np.testing.assert_allclose(got, [info.R, info.B_err], rtol=1e-6, atol=1e-9)

    page = write_report(result, tmp_path / "first")
    write_report(load_result(page.with_name("result.json")), tmp_path / "second")
    files = sorted(p.relative_to(page.parent) for p in page.parent.rglob("*") if p.is_file())
    assert len(files) == 2 + 2 * 24
    for file in files:
        again = (tmp_path / "second" / file).read_bytes()
        assert again == (page.parent / file).read_bytes(), file
