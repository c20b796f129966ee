"""Reference Shapley values from the shap package, for tests/data/shap_reference.npz.

shap is the public code for them. It brings numba and pandas along and does not belong into
smearjax's environment: this script runs in one of its own, without smearjax.

    python -m venv with_shap && with_shap/bin/pip install shap==0.48.0
    with_shap/bin/python experiments/shap_reference.py

All coalitions of six correlated numbers, against twenty others as the background.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import shap

ROOT = Path(__file__).resolve().parents[1]
N_EXPLAINED, N_BACKGROUND, N_COLUMNS = 5, 20, 6


def function(x: np.ndarray) -> np.ndarray:
    """Products, kinks and powers of six numbers, repeated in tests/test_shapley.py."""
    return x[:, 0] * x[:, 1] + np.maximum(x[:, 2] - x[:, 3], 0) + np.exp(0.5 * x[:, 4]) * x[:, 0]


def main() -> None:
    """Compute and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    out = ROOT / "tests" / "data" / "shap_reference.npz"
    parser.add_argument("--out", type=Path, default=out)
    chosen = parser.parse_args()
    rng = np.random.default_rng(0)
    mixing = rng.normal(size=(N_COLUMNS, N_COLUMNS))
    x = rng.normal(size=(N_EXPLAINED + N_BACKGROUND, N_COLUMNS)) @ mixing
    background = shap.maskers.Independent(x[N_EXPLAINED:], max_samples=N_BACKGROUND)
    found = shap.ExactExplainer(function, background)(x[:N_EXPLAINED])
    np.savez_compressed(
        chosen.out, x=x, values=found.values, base=found.base_values, version=shap.__version__
    )


if __name__ == "__main__":
    main()
