"""Run as one of several joined processes: the whole of everything, to an npz of its own.

The launcher's variables say which process this is; the words are the number of jets, the folder of
the scan, which only process 0 may touch, and the npz.
"""

from __future__ import annotations

import sys
from pathlib import Path

import jax
import numpy as np

from smearjax import SmearedLikelihood, epsilon_curve, information, load_jets
from smearjax._processes import from_first, is_first, join_launched
from smearjax.metric import device_mesh
from smearjax.metric.pairs import ball_counts
from smearjax.smearing.scan import scan

EPSILON = np.array([5.0, 20.0], np.float32)
REPLICAS = 3


def everything(likelihood: SmearedLikelihood) -> dict[str, np.ndarray]:
    """What one process finds and every one of several must find."""
    points = likelihood.leave_one_out.points
    curve = epsilon_curve(likelihood, None, EPSILON, replicas=REPLICAS)
    info = information(likelihood, EPSILON, replicas=REPLICAS)
    return {
        "counts": np.asarray(ball_counts(points, points, EPSILON)),
        "log ratio": np.asarray(likelihood.log_ratio(None, EPSILON)),
        "epsilon gradient": np.asarray(
            jax.grad(lambda e: likelihood.log_ratio(None, e).mean())(20.0)
        ),
        "auc": curve.auc,
        "auc errors": curve.auc_hi - curve.auc_lo,
        "R": info.R,
        "slope of R": info.minus_dR,
        "B": info.B,
    }


def refusal(task) -> np.ndarray:
    """The message of the ValueError that the task raises."""
    try:
        task()
    except ValueError as error:
        return np.array(str(error))
    raise AssertionError("nothing was refused")


def scans(likelihood: SmearedLikelihood, folder: Path) -> dict[str, np.ndarray]:
    """A scan, its resumption after chunks were lost, and what all processes must refuse alike."""

    def begin(epsilon=EPSILON) -> np.ndarray:
        return scan(likelihood, None, epsilon, folder, rows_per_chunk=128)

    def lose_a_chunk() -> None:
        (folder / "chunk-000001.npz").unlink()

    first = begin()
    from_first(lose_a_chunk)
    return {
        "scan": first,
        "resumed scan": begin(),
        "refused folder": refusal(lambda: begin(2 * EPSILON)),
        "refused disagreement": refusal(lambda: begin(EPSILON if is_first() else 3 * EPSILON)),
    }


def main(jets: str, folder: str, out: str) -> None:
    join_launched()
    # Made on this process's own device, before the mesh is entered.
    likelihood = SmearedLikelihood(load_jets("sample")[: int(jets)])
    with jax.set_mesh(device_mesh()):
        found = everything(likelihood) | scans(likelihood, Path(folder))
    np.savez(out, devices=jax.device_count(), first=is_first(), **found)


if __name__ == "__main__":
    main(*sys.argv[1:])
