"""smearjax train and compare: the folder they leave, the library's own numbers, no jets seen."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import jax
import numpy as np
import pytest
from wrong_kinds import not_refused

from smearjax.analysis import AnalyzeConfig, TrainConfig, analyze, train
from smearjax.analysis.seen import expect_unseen, marks
from smearjax.cli import main
from smearjax.evaluate import auc
from smearjax.jets import load_jets, save_jets, split_rows
from smearjax.networks import (
    EFN,
    Adversary,
    Ensemble,
    LipschitzEFN,
    Splits,
    load_network,
    network_scores,
    train_network,
)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    path = tmp_path_factory.mktemp("jets") / "small.npz"
    save_jets(path, load_jets("sample")[:500])
    return str(path)


@pytest.fixture(scope="module")
def trained(small, tmp_path_factory):
    config = TrainConfig((small,), out=tmp_path_factory.mktemp("run"), epochs=2, members=2)
    return config, train(config)


def test_it_is_the_library_on_the_same_jets(trained, small):
    config, record = trained
    jets = load_jets(small)
    learning, held, test = (jets[rows] for rows in split_rows(jets, (0.5, 0.1, 0.4), 0))
    networks = [
        train_network(
            EFN(key=jax.random.key(s)),
            learning,
            held,
            config.training(progress=False, pt_ref=525.0),
            seed=s,
        ).network
        for s in (0, 1)
    ]
    want = network_scores(Ensemble(networks), test)
    got = network_scores(load_network(config.out / "network.eqx"), test)
    np.testing.assert_array_equal(got, want)
    assert record["auc"] == pytest.approx(auc(want, test.label))
    assert record["auc_lo"] < record["auc"] < record["auc_hi"]
    quarks = int(np.sum(learning.label))
    assert record["n_jets"]["train"] == {"gluon": 250 - quarks, "quark": quarks}
    assert [len(one["validation_loss"]) for one in record["members"]] == [2, 2]
    assert json.loads((config.out / "training.json").read_text()) == record


def test_called_again_it_trains_nothing(trained):
    config, record = trained
    assert train(config) == record
    with pytest.raises(ValueError, match="differs in epochs"):
        train(replace(config, epochs=3))


@pytest.mark.slow
def test_compare_ranks_the_network_and_smears_it(trained, small, tmp_path, capsys, monkeypatch):
    config, record = trained
    (tmp_path / "mine.eqx").write_bytes((config.out / "network.eqx").read_bytes())
    monkeypatch.setattr("smearjax.cli._publish", lambda result, out: print(json.dumps(result)))
    words = ["compare", str(tmp_path / "mine.eqx"), "--data", small, "--epochs", "1"]
    assert main([*words, "--out", str(tmp_path)]) == 0
    result = json.loads(capsys.readouterr().out)
    # The same seed and data hold out the same jets.
    assert result["learned"]["mine"]["auc"] == record["auc"]
    names = [one["name"] for one in result["sections"]["networks"]["networks"]]
    assert names == ["EFN", "mine"]


@pytest.mark.parametrize(
    ("command", "section"),
    [
        ("compare", "networks"),
        ("guide", "guiding"),
        ("explain", "explanations"),
        ("robustness", "robustness"),
    ],
)
def test_four_commands_are_analyses_with_networks(command, section, monkeypatch, capsys):
    asked = []
    monkeypatch.setattr("smearjax.cli._analyze", asked.append)
    assert main([command, "a.eqx", "b.eqx", "--data", "jets.npz", "--seed", "3"]) == 0
    words = ["jets.npz", "--sections", section, "--out", "results", "--seed", "3"]
    assert asked == [[*words, "--epochs", "40", "--networks", "a.eqx", "b.eqx"]]
    assert main([command]) == 2
    assert f"no networks to {command}" in capsys.readouterr().err


def test_jets_that_a_network_has_seen_are_refused(trained, small):
    config, _ = trained
    path = str(config.out / "network.eqx")
    with pytest.raises(ValueError, match=r"was trained with 1\d\d of the 200 test jets"):
        analyze(AnalyzeConfig(data=small, seed=1, networks=(path,)))
    jets = load_jets("sample")
    expect_unseen(config.out / "network.eqx", jets[500:700])
    with pytest.raises(ValueError, match="was trained with"):
        expect_unseen(config.out / "network.eqx", jets[300:700])


def test_marks_know_particles_and_not_padding():
    jets = load_jets("sample")[:50]
    alone = np.concatenate([marks(jets[[i]]) for i in range(50)])
    np.testing.assert_array_equal(marks(jets), alone)
    assert len(set(alone.tolist())) == 50
    moved = jets.replace(y=np.where(jets.mask, np.asarray(jets.y) + 1e-3, 0).astype(np.float32))
    assert not np.isin(marks(moved), alone).any()


def test_the_command_draws_and_says_what_it_reached(trained, small, capsys):
    config, record = trained
    words = ["train", small, "--epochs", "2", "--members", "2", "--out", str(config.out)]
    assert main(words) == 0
    said = capsys.readouterr().out
    assert f"Test AUC {record['auc']:.3f}" in said
    assert re.search(r"250 training, 50 validation and 200 test", said)
    assert (config.out / "training.png").stat().st_size > 10_000


def test_settings_reach_the_network():
    config = TrainConfig(network="lipschitz-efn", emd_scale=3.0, published=True, loss="mlc")
    network = config.untrained(0)
    assert isinstance(network, LipschitzEFN)
    assert (network.emd_scale, network.length_scale) == (3.0, 1.0)
    training = config.training(progress=False, pt_ref=525.0)
    assert (training.batch_size, training.rotate, repr(training.loss)) == (500, False, "MLC()")
    assert training.augmentation is None
    split = TrainConfig(augment="splits", augment_budget=0.5).training(False, 525.0)
    assert split.augmentation == Splits(525.0, 0.5)
    attacked = TrainConfig(augment="adversary").training(False, 525.0)
    assert attacked.augmentation == Adversary(525.0, 1.0)
    assert TrainConfig(network="pfn-id").untrained(0).needs_pid
    assert not TrainConfig(network="pfn").untrained(0).needs_pid


def test_bad_settings_are_named():
    cases = """
TrainConfig(data="sample") | data are 'sample'; expected a tuple
TrainConfig(members=0) | members must be at least 1
TrainConfig(test_fraction=0.95) | must be positive and leave jets to train on
TrainConfig(augment="adversary", augment_budget=-1.0) | budget must be an energy
TrainConfig(epochs=0) | epochs must be at least 1
AnalyzeConfig(networks="a.eqx") | networks are 'a.eqx'; expected a tuple of files
AnalyzeConfig(networks=("a/EFN.eqx",)) | differ from one another and from EFN
AnalyzeConfig(networks=("a/b.eqx", "c/b.eqx")) | differ from one another and from EFN
"""
    assert not_refused(cases, "from smearjax.analysis import *") == ""
