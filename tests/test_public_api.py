"""The public face: names, what each docstring must hold, and what an import may cost."""

import importlib
import inspect
import subprocess
import sys

import pytest

import smearjax

PACKAGES = (
    "smearjax",
    "smearjax.jets",
    "smearjax.metric",
    "smearjax.smearing",
    "smearjax.networks",
    "smearjax.evaluate",
    "smearjax.interpret",
    "smearjax.analysis",
    "smearjax.report",
)
HEAVY = [
    "matplotlib",
    "energyflow",
    "sklearn",
    "shap",
    "h5py",
    "scipy.stats",
    "awkward",
    "uproot",
    "pythia8",
    "fastjet",
    "jinja2",
    "tyro",
]


def public_objects():
    """Every public function and class, once, under its first name."""
    seen = {}
    for package in PACKAGES:
        module = importlib.import_module(package)
        for name in module.__all__:
            seen.setdefault(id(getattr(module, name)), (f"{package}.{name}", getattr(module, name)))
    return [item for item in seen.values() if callable(item[1])]


def test_the_promised_names_are_there():
    promised = [
        "Jets",
        "load_jets",
        "save_jets",
        "spectral_function",
        "semd",
        "semd_distance",
        "embed",
        "SmearedLikelihood",
        "find_scales",
        "EFN",
    ]
    assert set(promised) <= set(smearjax.__all__)


@pytest.mark.parametrize("package", PACKAGES)
def test_all_lists_what_exists(package):
    module = importlib.import_module(package)
    assert sorted(module.__all__) == sorted(set(module.__all__))
    for name in module.__all__:
        assert getattr(module, name) is not None, name


@pytest.mark.parametrize(("name", "thing"), public_objects())
def test_docstrings_have_an_example(name, thing):
    text = inspect.getdoc(thing) or ""
    if isinstance(thing, type) and issubclass(thing, Warning | Exception | tuple):
        assert len(text) > 20, name
    elif inspect.isroutine(thing):
        assert ">>>" in text, f"{name} has no doctest"
        assert "Raises:" in text or "rrors" in text or len(inspect.signature(thing).parameters) < 3
    else:
        assert len(text) > 60, f"{name} is hardly described"


def test_import_pulls_in_nothing_heavy():
    code = f"import sys, smearjax; print(*[m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
