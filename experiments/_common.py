"""What the scripts share: options, jets, grids, and measurements that outlive an interruption."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from smearjax import Jets, load_jets
from smearjax.evaluate import auc, bootstrap_interval, inverse_background_efficiency
from smearjax.jets import concatenate


def options(doc: str, name: str) -> argparse.Namespace:
    """What a script on some jets is asked for: `data` and `out`, a folder that is there."""
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    parser.add_argument("--data", nargs="+", default=["sample"], help="files of labelled jets")
    parser.add_argument("--out", type=Path, default=Path("results") / name)
    chosen = parser.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    return chosen


def load_all(files: Sequence[str | Path]) -> Jets:
    """The jets of all files, one file after the other."""
    return concatenate([load_jets(path) for path in files])


def training_and_test(
    files: Sequence[str | Path], test_files: Sequence[str | Path] | None, most: int
) -> tuple[Jets, Jets, dict[str, list[str]]]:
    """Jets to train on, at most so many to test on, and the names of both for the settings.

    Without files to test on, the last quarter of the jets is held out.
    """
    pool = load_all(files)
    if test_files:
        test = load_all(test_files)
    else:
        cut = 3 * len(pool) // 4
        pool, test = pool[:cut], pool[cut:]
    names = [Path(path).name for path in test_files or ["the last quarter"]]
    return pool, test[:most], {"files": [Path(path).name for path in files], "test": names}


def epsilon_grid(asked: dict[str, float], number: int | None = None) -> np.ndarray:
    """Resolutions in GeV, evenly spaced in ln ε, from a table with min, max and number."""
    return np.geomspace(asked["min"], asked["max"], number or int(asked["number"]))


def quality(score: np.ndarray, test: Jets) -> dict[str, Any]:
    """AUC and 1/ε_g at ε_q = ½ with their bootstrap intervals over the test jets."""
    found = {}
    for name, function in (("auc", auc), ("rejection", inverse_background_efficiency)):
        one = bootstrap_interval(function, score, np.asarray(test.label), n_replicas=100)
        found[name] = [one.value, one.lo, one.hi]
    return found


def say(text: str, out: Path) -> None:
    """Print a table and keep it beside the figures."""
    (out / "table.txt").write_text(text + "\n")
    print(text)


def kept(
    path: Path, settings: dict[str, Any], measure: Callable[[], dict[str, Any]]
) -> dict[str, Any]:
    """What the file holds; where there is none it is measured first and written.

    The file holds the settings and the seconds that the measurement took beside its numbers.
    """
    settings = json.loads(json.dumps(settings))
    if not path.exists():
        begin = time.perf_counter()
        found = measure()
        found |= {"settings": settings, "seconds": time.perf_counter() - begin}
        partial = path.with_suffix(".partial")
        partial.write_text(json.dumps(found))
        partial.replace(path)
    found = json.loads(path.read_text())
    if found["settings"] != settings:
        raise SystemExit(f"{path} is of other data or settings; give another --out")
    return found
