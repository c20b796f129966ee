"""Which observables an EFN and a PFN use: black-box guiding through energy flow polynomials.

    python experiments/guiding.py                                          # the jets in the package
    python experiments/guiding.py --data TRAIN_FILES --test FILES --out results/networks

Networks are those of networks.py, taken from --out if they lie there and are of the same files,
trained otherwise. Each is guided through the observables with names and all connected energy flow
polynomials of guiding.toml, on jets it was not trained on. Settings are frozen there; each step is
kept, so that an interrupted run goes on where it stopped.
"""

from __future__ import annotations

import argparse
import json
import tomllib
from dataclasses import asdict
from pathlib import Path

from _common import say, training_and_test
from networks import CONFIG as NETWORKS
from networks import trained_network

from smearjax.interpret import guide
from smearjax.networks import network_scores
from smearjax.observables import efp_library, multigraphs, named_library
from smearjax.report.guidance import draw_guidance
from smearjax.report.style import hep_style

CONFIG = tomllib.loads(Path(__file__).with_suffix(".toml").read_text())


def main() -> None:
    """Train what is missing, guide, print, draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", nargs="+", default=["sample"], help="files to train on")
    parser.add_argument("--test", nargs="+", help="files to guide on (default: a quarter of data)")
    parser.add_argument("--jets", type=int, default=CONFIG["jets"], help="to train on, at most")
    parser.add_argument("--out", type=Path, default=Path("results/networks"))
    chosen = parser.parse_args()
    out = chosen.out / "guiding"
    out.mkdir(parents=True, exist_ok=True)
    pool, test, names = training_and_test(chosen.data, chosen.test, NETWORKS["test_jets"])
    number = min(chosen.jets, len(pool) - 500)
    graphs = multigraphs(CONFIG["degree"])
    library = named_library(test) | efp_library(
        test, graphs, CONFIG["kappas"], CONFIG["betas"], progress=True
    )
    lines = []
    for name in CONFIG["networks"]:
        network = trained_network(name, pool, test, number, names, chosen.out)
        found = guide(
            network_scores(network, test), library, test.label, max_steps=CONFIG["max_steps"],
            folder=out / f"{name}_{number}_steps", progress=True,
        )  # fmt: skip
        lines.append(f"{name}, {number:,} training jets\n{found}")
        record = asdict(found)
        (out / f"{name}_{number}.json").write_text(json.dumps(record))
        if found.steps:
            with hep_style():
                draw_guidance(json.loads(json.dumps(record)), name).savefig(out / f"{name}.png")
    say("\n\n".join(lines), out)


if __name__ == "__main__":
    main()
