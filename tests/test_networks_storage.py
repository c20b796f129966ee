import os
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from smearjax.jets import load_jets
from smearjax.networks import EFN, load_network, network_scores, save_network

READ = """
import sys, numpy as np
from smearjax.jets import load_jets
from smearjax.networks import load_network, network_scores
np.save(sys.argv[2], network_scores(load_network(sys.argv[1]), load_jets("sample")[:50]))
"""


@pytest.fixture
def network():
    return EFN((6, 5), (4,), length_scale=0.2, key=jax.random.key(7))


def test_a_new_process_gives_the_same_scores(tmp_path, network):
    save_network(tmp_path / "efn.eqx", network)
    paths = [str(tmp_path / "efn.eqx"), str(tmp_path / "scores.npy")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    subprocess.run([sys.executable, "-c", READ, *paths], check=True, env=environment)
    expected = network_scores(network, load_jets("sample")[:50])
    np.testing.assert_array_equal(np.load(paths[1]), expected)


def test_everything_comes_back(tmp_path, network):
    save_network(tmp_path / "efn.eqx", network)
    again = load_network(tmp_path / "efn.eqx")
    assert jax.tree.structure(again) == jax.tree.structure(network)
    for a, b in zip(jax.tree.leaves(again), jax.tree.leaves(network), strict=True):
        np.testing.assert_array_equal(a, b)
    assert b"pickle" not in (tmp_path / "efn.eqx").read_bytes()


def test_foreign_files_are_refused(tmp_path):
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "text").write_text("hello\n")
    (tmp_path / "json").write_text('{"format": "other"}\n')
    (tmp_path / "list").write_text("[1, 2]\n")
    (tmp_path / "binary").write_bytes(os.urandom(4096))
    np.savez(tmp_path / "jets.npz", pt=np.zeros(3))
    for name in ("empty", "text", "json", "list", "binary", "jets.npz"):
        with pytest.raises(ValueError, match="is not a network that save_network wrote"):
            load_network(tmp_path / name)
    with pytest.raises(FileNotFoundError):
        load_network(tmp_path / "nothing")


def test_damaged_files_are_refused(tmp_path, network):
    path = tmp_path / "efn.eqx"
    save_network(path, network)
    whole = path.read_bytes()
    header = whole.index(b"\n") + 1
    damaged = {
        whole[:header]: "truncated or damaged",
        whole[: header + 50]: "truncated or damaged",
        whole[:-1]: "truncated or damaged",
        whole + b"x": "damaged: it holds more",
        whole.replace(b'"phi_sizes": [6, 5]', b'"phi_sizes": [6, 7]'): "truncated or damaged",
        whole.replace(b'"phi_sizes": [6, 5]', b'"phi_sizes": "abc"'): "truncated or damaged",
        whole.replace(b'"length_scale": 0.2', b'"length_scale": -1 '): "truncated or damaged",
    }
    assert len(damaged) == 7
    for content, message in damaged.items():
        path.write_bytes(content)
        with pytest.raises(ValueError, match=message):
            load_network(path)


def test_nan_weights_and_other_dtypes_are_refused(tmp_path, network):
    path = tmp_path / "efn.eqx"
    save_network(path, jax.tree.map(lambda leaf: leaf.at[0].set(jnp.nan), network))
    with pytest.raises(ValueError, match="NaN weights"):
        load_network(path)
    with pytest.raises(
        ValueError, match=r"must have float32 weights to be saved, got \['float16'\]"
    ):
        save_network(path, jax.tree.map(lambda leaf: leaf.astype(jnp.float16), network))


def test_pickles_are_not_read(tmp_path, network):
    path = tmp_path / "efn.eqx"
    save_network(path, network)
    header = path.read_bytes().split(b"\n")[0] + b"\n"
    with path.open("wb") as file:
        file.write(header)
        np.save(file, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(ValueError, match="truncated or damaged"):
        load_network(path)
