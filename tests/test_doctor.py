"""smearjax.doctor: what is there, what is missing, and the command that supplies it."""

from __future__ import annotations

import tomllib
from importlib import metadata
from pathlib import Path

import jax
import pytest

from smearjax import doctor
from smearjax.doctor import CORE, EXTRAS, describe, diagnose

PYPROJECT = Path(__file__).parent.parent / "pyproject.toml"


def without(monkeypatch, *names: str) -> None:
    """Make these distributions look absent and all others present."""

    def version(name):
        if name in names:
            raise metadata.PackageNotFoundError(name)
        return "1.0"

    monkeypatch.setattr(doctor.metadata, "version", version)


def test_names_follow_pyproject():
    project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]

    def bare(requirement: str) -> str:
        return requirement.replace("[", "=").replace(">", "=").split("=")[0]

    assert {bare(r) for r in project["dependencies"]} | {"jaxlib"} == set(CORE)
    extras = {k: v for k, v in project["optional-dependencies"].items() if k in EXTRAS}
    assert set(extras) == set(EXTRAS)
    for name, requirements in extras.items():
        if name != "cuda12":  # its one requirement, jax[cuda12], stands for the two plug-ins
            assert {bare(r) for r in requirements} == set(EXTRAS[name][1])


def test_diagnosis_is_of_this_process():
    found = diagnose()
    assert found["versions"]["jax"] == jax.__version__
    assert [d["platform"] for d in found["devices"]] == [d.platform for d in jax.devices()]
    assert found["x64"] is False
    assert found["device_error"] is None
    with jax.enable_x64(True):
        assert diagnose()["x64"] is True
    assert 0.1 < found["machine"]["memory_gb"] < 1e5


def test_missing_extra_says_which_feature_and_what_to_type(monkeypatch):
    without(monkeypatch, "fastjet", "vector")
    found = diagnose()
    assert found["extras"]["pythia"]["missing"] == ["fastjet"]
    text = describe(found)
    assert "missing fastjet: pip install 'smearjax[pythia]'" in text
    assert "missing vector: pip install 'smearjax[awkward]'" in text
    assert "http" not in text


def test_missing_core_package_is_advised(monkeypatch):
    without(monkeypatch, "tqdm")
    found = diagnose()
    assert found["versions"]["tqdm"] is None
    assert found["advice"] == ["tqdm should be there: pip install --upgrade smearjax"]
    assert "MISSING" in describe(found)


def test_no_device_is_a_finding_and_not_a_crash(monkeypatch):
    def devices():
        raise RuntimeError("Unable to initialize backend 'cuda'\nand more")

    monkeypatch.setattr(jax, "devices", devices)
    found = diagnose()
    assert found["devices"] == []
    assert "none: Unable to initialize backend 'cuda'" in describe(found)
    assert any("JAX_PLATFORMS" in text for text in found["advice"])


@pytest.mark.parametrize(("platform", "advised"), [("cpu", True), ("gpu", False)])
def test_idle_gpu_is_advised(platform, advised):
    versions = dict.fromkeys(CORE, "1")
    devices = [{"platform": platform, "kind": "x"}]
    advice = doctor._advice(versions, devices, None, has_nvidia=True)
    assert any("smearjax[cuda12]" in text for text in advice) is advised
    assert doctor._advice(versions, devices, None, has_nvidia=False) == []
