"""How many components of a jet carry distance, how many carry labels, and what they look like.

    python experiments/low_rank.py                      # the 4,000 jets in the package, a minute
    python experiments/low_rank.py --data FILE

One pass over all pairs for each number of components. Settings are frozen in low_rank.toml; the
measurement is kept in low_rank.json under --out.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from _common import kept, load_all, options, say

from smearjax import Jets, SmearedLikelihood
from smearjax.analysis.sections.components import low_rank_record
from smearjax.interpret import KarhunenLoeve, information_by_rank, karhunen_loeve
from smearjax.observables import OBSERVABLES
from smearjax.report.low_rank import draw_components, draw_spectrum
from smearjax.report.style import hep_style

CONFIG = tomllib.loads(Path(__file__).with_suffix(".toml").read_text())


def measured(files: list[str]) -> dict[str, Any]:
    """The spectrum, R and B by rank, and the text of all that."""
    jets = load_all(files)[: CONFIG["jets"]]
    likelihood = SmearedLikelihood(jets)
    options = {"replicas": CONFIG["replicas"], "seed": CONFIG["seed"], "progress": True}
    spectrum = karhunen_loeve(likelihood, **options)
    ranks = information_by_rank(likelihood, CONFIG["epsilon"], alone=CONFIG["alone"], **options)
    return low_rank_record(spectrum, ranks, CONFIG["shown"]) | {
        "text": f"{spectrum}\n\n{ranks}",
        "rank_correlation": correlations(spectrum, jets),
    }


def correlations(spectrum: KarhunenLoeve, jets: Jets) -> dict[str, list[float]]:
    """Rank correlation of each of the first components with the reference observables."""
    from scipy.stats import spearmanr

    components = spectrum.coordinates(jets)[:, : CONFIG["alone"]]
    return {
        name: [float(spearmanr(column, observable(jets)).statistic) for column in components.T]
        for name, observable in OBSERVABLES.items()
    }


def table(found: dict[str, Any]) -> str:
    """Spectrum, shares, and what the first components follow."""
    lines = [found["text"], "", f"rank correlation of components 1 to {CONFIG['alone']} with"]
    for name, values in found["rank_correlation"].items():
        lines.append(f"{name:>14} " + " ".join(f"{value:+.2f}" for value in values))
    return "\n".join(lines)


def main() -> None:
    """Measure, print, draw."""
    chosen = options(__doc__, "low_rank")
    settings = {"config": CONFIG, "files": [Path(path).name for path in chosen.data]}
    found = kept(chosen.out / "low_rank.json", settings, lambda: measured(chosen.data))
    say(table(found), chosen.out)
    with hep_style():
        draw_spectrum(found).savefig(chosen.out / "spectrum.png")
        draw_components(found).savefig(chosen.out / "components.png")


if __name__ == "__main__":
    main()
