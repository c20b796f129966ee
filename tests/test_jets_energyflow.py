"""The public jets by way of the energyflow package, which a small stand-in plays here."""

import builtins
import sys

import numpy as np
import pytest

from smearjax.jets import load_jets

PACKAGE = """
import wasserstein  # the real energyflow does this, and the real wasserstein crashes
from energyflow import qg_jets
"""
MODULE = """
import numpy as np
def load(num_data, generator, pad, cache_dir):
    assert (num_data, generator, pad) == (100_000, "pythia", True)
    {body}
"""


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    """A function that installs a fake energyflow whose load does what the given lines say."""

    def install(body):
        package = tmp_path / "energyflow"
        package.mkdir()
        (package / "__init__.py").write_text(PACKAGE)
        (package / "qg_jets.py").write_text(MODULE.format(body=body))
        monkeypatch.syspath_prepend(str(tmp_path))
        for name in ("energyflow", "energyflow.qg_jets", "wasserstein"):
            monkeypatch.delitem(sys.modules, name, raising=False)

    yield install
    for name in ("energyflow", "energyflow.qg_jets", "wasserstein"):
        sys.modules.pop(name, None)


def test_what_energyflow_loads(stand_in):
    stand_in("return np.array([[[500., .1, 3., 211.], [0, 0, 0, 0]]] * 3), np.array([1., 0., 1.])")
    jets = load_jets("energyflow-qg")
    assert jets.multiplicity.tolist() == [1, 1, 1]
    assert jets.label.tolist() == [1, 0, 1]
    assert jets.pid.tolist() == [[211, 0]] * 3
    assert jets.pt.dtype == np.float64


def test_no_network(stand_in):
    stand_in("raise RuntimeError('Failed to download QG_jets.npz from any source.')")
    message = r"could not download .*any source.*by hand from https://zenodo\.org.*load_jets\("
    with pytest.raises(ConnectionError, match=message):
        load_jets("energyflow-qg")


def test_no_energyflow(monkeypatch):
    present = builtins.__import__

    def absent(name, *args, **kwargs):
        if name == "energyflow":
            raise ModuleNotFoundError("No module named 'energyflow'")
        return present(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", absent)
    monkeypatch.delitem(sys.modules, "wasserstein", raising=False)
    message = r"pip install 'smearjax\[energyflow\]'; or download .* by hand from https://zenodo"
    with pytest.raises(ImportError, match=message):
        load_jets("energyflow-qg")
    assert "wasserstein" not in sys.modules
