"""Run `smearjax analyze` with a pass over pairs in the place of the analysis, which takes minutes.

The word is the folder for the report.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from report_fixture import example_result

from smearjax.cli import main
from smearjax.report import page
from smearjax.report.figures import FIGURES, FORMATS


@dataclass(frozen=True)
class Config:
    """Stands for the settings.

    Attributes:
        data: File or name of the jets.
        out: Folder to write to.
    """

    data: str = "sample"
    out: Path = Path("results")


def analyze(config, progress):
    import jax
    import numpy as np

    from smearjax.jets import load_jets
    from smearjax.metric import fit_space
    from smearjax.metric.pairs import ball_counts

    jets = load_jets("sample")[:600]
    points = fit_space(jets).points(jets, np.arange(600)).points
    counts = ball_counts(points, points, np.float32([10.0, 20.0]))
    sharing = len(counts.sharding.device_set)
    print(f"{sharing} of {jax.device_count()} devices, bars {progress}, {np.sum(counts)} pairs")
    return example_result()


if __name__ == "__main__":
    module = ModuleType("smearjax.analysis")
    module.AnalyzeConfig, module.analyze = Config, analyze
    sys.modules["smearjax.analysis"] = module
    blank = {name: dict.fromkeys(FORMATS, b"") for name in FIGURES}
    page.render_figures = lambda result: blank
    sys.exit(main(["analyze", "--out", sys.argv[1]]))
