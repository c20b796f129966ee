"""Chunks: seeded, resumable, complete; the generator itself is tested in test_jets_pythia."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from smearjax.jets import GenerateConfig, generate_jets, generation, load_jets
from smearjax.jets.pythia import KINDS


class Killed(BaseException):
    """The process dies here."""


@pytest.fixture
def made(monkeypatch):
    """A quick generator in place of Pythia; the list of what it was asked for."""
    asked = []

    def quick(n_jets, kind, seed, settings, early_veto, on_jet):
        asked.append((n_jets, kind, seed, settings, early_veto))
        label = KINDS[kind].label
        rng = np.random.default_rng(seed)
        counts = rng.integers(1, 6, n_jets)
        n = counts.sum()
        for _ in range(n_jets):
            on_jet()
        return {
            "pt": rng.uniform(1, 500, n).astype(np.float32),
            "y": rng.normal(size=n).astype(np.float32),
            "phi": rng.normal(size=n).astype(np.float32),
            "pid": rng.integers(1, 300, n).astype(np.int32),
            "offsets": np.concatenate([[0], np.cumsum(counts)]),
            "label": np.full(n_jets, label, np.int8),
            "jet": np.full((n_jets, 4), seed, np.float64),
            "parton": np.full(n_jets, 21 - 20 * label, np.int8),
        }

    monkeypatch.setattr(generation, "make_jets", quick)
    monkeypatch.setattr(generation, "import_generators", lambda: None)
    return asked


def config(folder, **more):
    return GenerateConfig(
        **({"out": folder / "jets.npz", "n_quark": 7, "n_gluon": 5, "chunk": 3} | more)
    )


def test_the_file_is_complete_and_shuffled(made, tmp_path):
    jets = generate_jets(config(tmp_path, seed=4))
    chunks = [(3, "quark"), (3, "quark"), (1, "quark"), (3, "gluon"), (2, "gluon")]
    assert [(n, kind) for n, kind, *_ in made] == chunks
    assert len({seed for _, _, seed, *_ in made}) == 5
    assert all(1 <= seed <= 900_000_000 for _, _, seed, *_ in made)
    assert sorted(jets.label.tolist()) == [0] * 5 + [1] * 7
    assert jets.label.tolist() not in (sorted(jets.label), sorted(jets.label)[::-1])
    assert [path.name for path in tmp_path.iterdir()] == ["jets.npz"]
    with np.load(tmp_path / "jets.npz") as stored:
        np.testing.assert_array_equal(stored["parton"], np.where(stored["label"] == 1, 1, 21))
        info = json.loads(str(stored["info"]))
        origin = stored["jet"][:, 0]
    assert info["config"]["seed"] == 4
    again = {seed: np.random.default_rng(seed) for _, _, seed, *_ in made}
    for seed, rng in again.items():  # every particle is with its own jet
        counts = rng.integers(1, 6, next(n for n, _, s, *_ in made if s == seed))
        pt = np.split(rng.uniform(1, 500, counts.sum()).astype(np.float32), np.cumsum(counts)[:-1])
        mine = jets[origin == seed]
        found = {tuple(row[row > 0].tolist()) for row in mine.pt}
        assert found == {tuple(row.tolist()) for row in pt}


def test_a_killed_run_goes_on_to_the_same_file(made, tmp_path, monkeypatch):
    (tmp_path / "whole").mkdir()
    (tmp_path / "killed").mkdir()
    generate_jets(config(tmp_path / "whole"))
    whole, quick = len(made), generation.make_jets

    def dies(*arguments):
        if len(made) == whole + 3:
            raise Killed
        return quick(*arguments)

    monkeypatch.setattr(generation, "make_jets", dies)
    with pytest.raises(Killed):
        generate_jets(config(tmp_path / "killed"))
    assert not (tmp_path / "killed/jets.npz").exists()
    monkeypatch.setattr(generation, "make_jets", quick)
    generate_jets(config(tmp_path / "killed"))
    assert len(made) == 2 * whole  # nothing was made twice
    a, b = (tmp_path / name / "jets.npz" for name in ("whole", "killed"))
    with np.load(a) as one, np.load(b) as other:
        assert one.files == other.files
        for name in one.files:
            np.testing.assert_array_equal(one[name], other[name])


def test_a_finished_run_is_not_repeated(made, tmp_path):
    first = generate_jets(config(tmp_path))
    n_made = len(made)
    np.testing.assert_array_equal(generate_jets(config(tmp_path)).pt, first.pt)
    assert len(made) == n_made


def test_nothing_is_overwritten(made, tmp_path):
    generate_jets(config(tmp_path))
    with pytest.raises(FileExistsError, match="exists and was made otherwise"):
        generate_jets(config(tmp_path, seed=1))
    parts = tmp_path / "more.npz.parts"
    parts.mkdir()
    (parts / "config.json").write_text(json.dumps({"seed": 9}))
    with pytest.raises(FileExistsError, match="chunks of another configuration"):
        generate_jets(config(tmp_path, out=tmp_path / "more.npz"))
    with pytest.raises(FileNotFoundError, match="no directory"):
        generate_jets(config(tmp_path / "nowhere"))


def test_the_seed_and_the_variant_reach_the_generator(made, tmp_path):
    generate_jets(config(tmp_path, n_gluon=0, chunk=7))
    (tmp_path / "b").mkdir()
    variant = {"seed": 1, "mpi": False, "hadronisation": False, "alpha_s": 0.118}
    generate_jets(config(tmp_path / "b", n_gluon=0, chunk=7, early_veto=False, **variant))
    (_, _, seed, lines, veto), (_, _, other_seed, other_lines, other_veto) = made
    assert seed != other_seed
    assert lines == ()
    assert other_lines == (
        "PartonLevel:MPI = off",
        "HadronLevel:all = off",
        "TimeShower:alphaSvalue = 0.118",
    )
    assert (veto, other_veto) == (True, False)
    assert len(load_jets(tmp_path / "b/jets.npz")) == 7


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"n_quark": -1}, "n_quark is -1"),
        ({"n_quark": 0, "n_gluon": 0}, "expected at least one jet"),
        ({"chunk": 0}, "chunk is 0"),
        ({"seed": -1}, "seed -1"),
        ({"alpha_s": 0.0}, "alpha_s is 0.0"),
        ({"alpha_s": float("nan")}, "alpha_s is nan"),
        ({"out": Path("jets.h5")}, r"out is 'jets\.h5'; expected a name that ends in \.npz"),
    ],
)
def test_config_names_what_is_wrong(wrong, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(GenerateConfig(), **wrong)
