"""Jets in the branches of a ROOT tree."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from smearjax.jets.checks import JetsError
from smearjax.jets.container import Jets
from smearjax.jets.from_awkward import FIELDS

QUANTITIES = ("pt", "y", "phi", "pid", "label", "weight")


def import_uproot():
    """The uproot package, or an ImportError that says how to get it."""
    try:
        import awkward  # noqa: F401
        import uproot
    except ImportError as error:
        raise ImportError(
            "ROOT files need the packages uproot and awkward: pip install 'smearjax[awkward]'"
        ) from error
    return uproot


def jets_from_root(path: Path, tree: str | None, branches: Mapping[str, str] | None) -> Jets:
    """Jets of one tree, an entry a jet, vector branches for its particles."""
    uproot = import_uproot()
    try:
        opened: Any = uproot.open(path)
        with opened as file:
            source: Any = file[_tree_name(file, tree)]
            names = _branch_names(source.keys(), dict(branches or {}))
            arrays = {name: source[branch].array() for name, branch in names.items()}
    except JetsError:
        raise
    except Exception as error:  # uproot meets a broken file in many ways, each of them means this
        raise JetsError(
            f"cannot be read as a ROOT file, perhaps truncated ({type(error).__name__}: "
            f"{str(error).strip().splitlines()[0] if str(error).strip() else 'no message'})"
        ) from error
    return _jets(arrays)


def _tree_name(file: Any, tree: str | None) -> str:
    """The tree asked for, or the only one there is."""
    classes = file.classnames(cycle=False)
    trees = [name for name, kind in classes.items() if kind in ("TTree", "ROOT::RNTuple")]
    if tree is not None and tree in trees:
        return tree
    if tree is None and len(trees) == 1:
        return trees[0]
    what = "no tree of that name" if tree is not None else "not exactly one tree"
    raise JetsError(f"has {what}; its trees are {trees}: pass tree=...")


def _branch_names(present: list[str], asked: dict[str, str]) -> dict[str, str]:
    """Which branch holds which quantity; only those that are there, but all that were asked for."""
    unknown = set(asked) - set(QUANTITIES)
    if unknown:
        raise JetsError(f"branches names {sorted(unknown)}; expected any of {list(QUANTITIES)}")
    lost = [branch for branch in asked.values() if branch not in present]
    if lost:
        raise JetsError(f"has no branches {lost}; its branches are {present}")
    lower = {branch.lower(): branch for branch in reversed(present)}
    names = {}
    for quantity in QUANTITIES:
        if quantity in asked:
            names[quantity] = asked[quantity]
            continue
        options = FIELDS.get(quantity, (quantity,))
        found = next((lower[option] for option in options if option in lower), None)
        if found is not None:
            names[quantity] = found
    missing = [quantity for quantity in ("pt", "y", "phi") if quantity not in names]
    if missing:
        raise JetsError(
            f"has no branch for {missing}; its branches are {present}: pass branches="
            + "{"
            + ", ".join(f"'{quantity}': '...'" for quantity in missing)
            + "}"
        )
    return names


def _jets(arrays: dict[str, Any]) -> Jets:
    """Jets of awkward particle arrays and one number a jet for label and weight."""
    per_jet = {}
    for name in ("label", "weight"):
        if name in arrays:
            array = arrays.pop(name)
            if array.ndim != 1:
                raise JetsError(f"{name} has the type {array.type}; expected one number a jet")
            per_jet[name] = np.asarray(array)
    return Jets.from_awkward(arrays["pt"], arrays["y"], arrays["phi"], arrays.get("pid"), **per_jet)
