"""The public face: names, what each docstring must hold, and what an import may cost."""

import dataclasses
import doctest
import importlib
import inspect
import re
import subprocess
import sys

import pytest

import smearjax

PACKAGES = (
    "smearjax",
    "smearjax.jets",
    "smearjax.metric",
    "smearjax.observables",
    "smearjax.planted",
    "smearjax.extremes",
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
    "faiss",
    "tyro",
]


# What every docstring of a function, a method and a class that users construct must hold.
STANDARD = {
    "a doctest": r">>> ",
    "what it raises": r"Raises:|Raises nothing|[Ee]rrors as for `",
    "its source": r"arXiv:\d|Sources?: ",
    "shapes or units": r"\([A-Zkn](_\w+)?,[ \w,+…]*\)|GeV|radian|nats|dimensionless|\bunits?\b",
}
# Handed out and never constructed by users: their attributes are described instead.
RESULTS = {
    "AttackCurve",
    "BallCounts",
    "DomainWeights",
    "EffectiveDimension",
    "Embedding",
    "Explanation",
    "Extrapolation",
    "Flip",
    "Flips",
    "Guidance",
    "GuidingStep",
    "Limit",
    "EpsilonCurve",
    "Importance",
    "Information",
    "IntegratedGradients",
    "Interval",
    "IsometryAttack",
    "KarhunenLoeve",
    "LearnedMetric",
    "LearningCurve",
    "LogAngularity",
    "Neighbourhood",
    "Neighbourhoods",
    "NoiseCurve",
    "Neighbours",
    "NullBand",
    "OriginSpace",
    "PairCounts",
    "PairCurve",
    "PairDistribution",
    "ParticleGradients",
    "PlantedJets",
    "RankInformation",
    "RocCurve",
    "ScaleMixture",
    "ScalePeak",
    "ScaleSolution",
    "Scaling",
    "ScalingCurve",
    "ShapleyValues",
    "Space",
    "Spectra",
    "SumSpace",
    "Surrogate",
    "TrainedNetwork",
    "TransportSlopes",
    "WeightedSpace",
}
PAPERS = {
    "1011.2268": "N-subjettiness",
    "1106.3076": "girth",
    "1305.0007": "energy correlation functions, C2",
    "1408.3122": "generalised angularities",
    "1409.6298": "D2",
    "1704.06266": "soft-drop multiplicity",
    "1706.06083": "adversarial training",
    "1712.07124": "energy flow polynomials",
    "1810.05165": "Energy Flow Networks, and the public jets",
    "1811.05381": "GroupSort and orthogonal layers",
    "1902.02346": "the energy mover's distance",
    "2010.11998": "decision ordering",
    "2102.02278": "isolation of leptons",
    "2102.12827": "attacks of least norm",
    "2305.03751": "the spectral metric",
    "2305.08979": "Jet Flow Networks, subjets",
    "2311.07652": "Lipschitz EFN",
    "2403.08854": "Moment EFN",
    "2410.05379": "SPECTER",
    "2501.07643": "smearing the likelihood",
}


def public_objects():
    """Every public function and class, once, under its first name."""
    seen = {}
    for package in PACKAGES:
        module = importlib.import_module(package)
        for name in module.__all__:
            seen.setdefault(id(getattr(module, name)), (f"{package}.{name}", getattr(module, name)))
    return [item for item in seen.values() if callable(item[1])]


def public_classes():
    return [(name, thing) for name, thing in public_objects() if isinstance(thing, type)]


def public_members(wanted):
    """Public attributes of the public classes for which `wanted(attribute)` is true."""
    return [
        (f"{name}.{member}", getattr(cls, member))
        for name, cls in public_classes()
        for member in vars(cls)
        if not member.startswith("_") and wanted(getattr(cls, member))
    ]


def held_to_the_standard():
    """Functions, methods, and classes that users construct."""
    objects = [
        (name, thing)
        for name, thing in public_objects()
        if not isinstance(thing, type)
        or not (issubclass(thing, Warning | Exception) or thing.__name__ in RESULTS)
    ]
    return objects + public_members(inspect.isroutine)


def lacking(text):
    """The parts of the standard that a docstring does not hold."""
    return [part for part, pattern in STANDARD.items() if not re.search(pattern, text)]


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


def named(things):
    """One test for each thing, under its name."""
    return pytest.mark.parametrize("thing", [pytest.param(t, id=name) for name, t in things])


@named(held_to_the_standard())
def test_docstrings_hold_the_standard(thing):
    assert lacking(inspect.getdoc(thing) or "") == []


@named(held_to_the_standard())
def test_the_examples_are_run(thing):
    tests = doctest.DocTestFinder().find(importlib.import_module(thing.__module__))
    run = {test.name for test in tests if test.examples}
    assert f"{thing.__module__}.{thing.__qualname__}" in run


@named((name, cls) for name, cls in public_classes() if cls.__name__ in RESULTS)
def test_results_describe_their_attributes(thing):
    text = inspect.getdoc(thing) or ""
    assert "shapes or units" not in lacking(text)
    described = text.partition("Attributes:\n")[2]
    for field in dataclasses.fields(thing):
        assert re.search(rf"^ +{field.name}: ", described, re.M), field.name


@named(public_members(lambda attribute: isinstance(attribute, property)))
def test_properties_say_their_shape_or_unit(thing):
    assert "shapes or units" not in lacking(inspect.getdoc(thing) or "")


@named(public_objects() + public_members(inspect.isroutine))
def test_only_known_papers_are_cited(thing):
    cited = re.findall(r"\d{4}\.\d{4,5}(?=\D|$)", inspect.getdoc(thing) or "")
    assert set(cited) <= set(PAPERS)


def test_the_standard_refuses_what_is_missing():
    pieces = {
        "a doctest": ">>> 1 + 1",
        "what it raises": "Raises:",
        "its source": "Source: numpy's sum.",
        "shapes or units": "(N,) energies in GeV",
    }
    assert lacking("Sum of the weights.") == list(STANDARD)
    for part in STANDARD:
        rest = " ".join(text for other, text in pieces.items() if other != part)
        assert lacking(rest) == [part]
    assert lacking(" ".join(pieces.values())) == []


def test_import_pulls_in_nothing_heavy():
    code = f"import sys, smearjax; print(*[m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
