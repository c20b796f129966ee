"""The generator against the embedded sample; needs the extra pythia."""

import builtins

import numpy as np
import pytest

from smearjax.jets import GenerateConfig, generate_jets, load_jets
from smearjax.jets.pythia import make_jets


def test_missing_packages_are_named(tmp_path, monkeypatch):
    present = builtins.__import__

    def absent(name, *args, **kwargs):
        if name in ("fastjet", "pythia8mc"):
            raise ModuleNotFoundError(f"No module named {name!r}")
        return present(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(ImportError, match=r"pip install 'smearjax\[pythia\]'"):
        generate_jets(GenerateConfig(out=tmp_path / "jets.npz"))
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def generators():
    pytest.importorskip("pythia8mc")
    pytest.importorskip("fastjet")


def selection(arrays):
    pt, y = arrays["jet"][:, 0], arrays["jet"][:, 1]
    return (pt >= 500) & (pt <= 550) & (np.abs(y) < 1.7)


@pytest.mark.usefixtures("generators")
def test_a_few_jets():
    arrays = make_jets(3, "quark", seed=11)
    again = make_jets(2, "quark", seed=11)
    assert selection(arrays).all()
    assert np.isin(np.abs(arrays["parton"]), (1, 2, 3)).all()
    for i in range(3):
        part = slice(*arrays["offsets"][i : i + 2])
        pt, y, phi = (arrays[name][part].astype(np.float64) for name in ("pt", "y", "phi"))
        jet = arrays["jet"][i]
        assert (np.diff(pt) <= 0).all()
        np.testing.assert_allclose((pt * np.cos(phi)).sum(), jet[0] * np.cos(jet[2]), atol=1e-2)
        np.testing.assert_allclose((pt * np.sin(phi)).sum(), jet[0] * np.sin(jet[2]), atol=1e-2)
        assert (np.hypot(y - jet[1], phi - jet[2]) < 0.6).all()
        assert not np.isin(np.abs(arrays["pid"][part]), (12, 14, 16)).any()
    n = again["offsets"][-1]
    for name in ("pt", "y", "phi", "pid"):  # fewer jets of one seed are the first of them
        np.testing.assert_array_equal(again[name], arrays[name][:n])


@pytest.mark.usefixtures("generators")
def test_most_w_jets_hold_the_whole_w():
    arrays = make_jets(12, "w", seed=5)
    assert selection(arrays).all()
    assert np.isin(arrays["parton"], (24, -24)).all()
    assert (arrays["label"] == 1).all()
    assert (np.abs(arrays["jet"][:, 3] - 80.4) < 10).mean() > 0.4


@pytest.mark.usefixtures("generators")
def test_the_first_gluon_jet_of_the_sample_comes_out_again():
    arrays = make_jets(1, "gluon", seed=1_000_044)  # the seed in the sample's info
    sample = load_jets("sample")
    n = len(arrays["pt"])
    same = (sample.multiplicity == n) & (np.abs(sample.total_pt - arrays["pt"].sum()) < 0.05)
    (found,) = np.flatnonzero(same & (sample.label == 0))
    np.testing.assert_array_equal(sample.pid[found, :n], arrays["pid"])
    np.testing.assert_allclose(sample.pt[found, :n], arrays["pt"], rtol=3e-4)
    np.testing.assert_allclose(sample.y[found, :n], arrays["y"], atol=3e-5)
    np.testing.assert_allclose(sample.phi[found, :n], arrays["phi"], atol=3e-5)


@pytest.mark.usefixtures("generators")
def test_unknown_settings_are_refused():
    with pytest.raises(ValueError, match="does not know the setting 'No:such = on'"):
        make_jets(1, "gluon", seed=1, settings=("No:such = on",))


@pytest.mark.slow
@pytest.mark.usefixtures("generators")
def test_multiplicities_agree_with_the_sample(tmp_path):
    jets = generate_jets(GenerateConfig(tmp_path / "jets.npz", 200, 200, seed=3, chunk=100))
    sample = load_jets("sample")
    for label, mean, width in ((1, 33.9, 13.6), (0, 53.5, 15.9)):
        new = jets.multiplicity[jets.label == label]
        assert abs(new.mean() - mean) < 4 * width / np.sqrt(200)
        assert abs(new.std() - width) < 0.25 * width
        old = sample.total_pt[sample.label == label]
        pt = jets.total_pt[jets.label == label]
        assert abs(np.median(pt) - np.median(old)) < 4 * 1.25 * old.std() / np.sqrt(200)


# Mean and width of the gluon multiplicity in 10,000 jets of each variant, same Pythia version.
VARIANTS = [
    ({"mpi": False}, (51.25, 15.60)),
    ({"hadronisation": False}, (14.84, 5.44)),
    ({"alpha_s": 0.118}, (48.09, 14.35)),
]


@pytest.mark.slow
@pytest.mark.usefixtures("generators")
@pytest.mark.parametrize(("variant", "multiplicity"), VARIANTS)
def test_variants_have_their_multiplicities(variant, multiplicity, tmp_path):
    mean, width = multiplicity
    config = GenerateConfig(tmp_path / "jets.npz", 0, 150, seed=3, chunk=150, **variant)
    jets = generate_jets(config)
    assert abs(jets.multiplicity.mean() - mean) < 4 * width / np.sqrt(150)
    partons = np.isin(np.abs(jets.pid[jets.mask]), (1, 2, 3, 4, 5, 21, 22))
    assert partons.all() == ("hadronisation" in variant)
