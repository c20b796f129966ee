"""How many components of a jet carry distance, how many carry labels, and what they look like.

    python experiments/low_rank.py                      # the 4,000 jets in the package, a minute
    python experiments/low_rank.py --data FILE FILE --jets 20000

Writes `low_rank.json` and the figures `spectrum` and `components` to results/low_rank/. One pass
over all pairs for each number of components; time goes with the square of the number of jets.
"""

from __future__ import annotations

import argparse
import json
from importlib.metadata import version
from pathlib import Path

from smearjax import SmearedLikelihood, load_jets
from smearjax.interpret import OBSERVABLES
from smearjax.interpret.low_rank import KarhunenLoeve, karhunen_loeve
from smearjax.interpret.rank_information import RankInformation, information_by_rank
from smearjax.jets import Jets, concatenate
from smearjax.report.low_rank import components_figure, spectrum_figure
from smearjax.report.style import hep_style

EPSILON = (3.0, 5.0, 8.0, 13.0, 20.0, 32.0, 50.0)  # GeV
ALONE = 8
DEVIATIONS = (-2, -1, 0, 1, 2)
FRACTIONS = (0.9, 0.99)


def correlations(spectrum: KarhunenLoeve, jets: Jets) -> dict[str, list[float]]:
    """Rank correlation of each of the first components with the reference observables."""
    from scipy.stats import spearmanr

    components = spectrum.coordinates(jets)[:, :ALONE]
    return {
        name: [float(spearmanr(column, observable(jets)).statistic) for column in components.T]
        for name, observable in OBSERVABLES.items()
    }


def written_down(spectrum: KarhunenLoeve, ranks: RankInformation, jets: Jets) -> dict[str, object]:
    """Every number behind the figures."""
    counts = {f"{f:g}": spectrum.components_for(f) for f in FRACTIONS}
    by_rank = {}
    for curve in ("R", "B"):
        (share, error), (alone, alone_error) = ranks.share(curve), ranks.share_alone(curve)
        by_rank[curve] = {
            "full": getattr(ranks.full, curve).tolist(),
            "full_err": getattr(ranks.full, f"{curve}_err").tolist(),
            "share": share.tolist(),
            "share_err": error.tolist(),
            "share_alone": alone.tolist(),
            "share_alone_err": alone_error.tolist(),
            "ranks_for": {f"{f:g}": ranks.ranks_for(f, curve).tolist() for f in FRACTIONS},
        }
    curves = {}
    for k in range(1, 5):
        u, omega = spectrum.quantile_function(k, DEVIATIONS)
        curves[k] = {"U": u.tolist(), "omega": omega.tolist()}
    return {
        "n_jets": {"gluon": ranks.full.n_jets[0], "quark": ranks.full.n_jets[1]},
        "pt_ref_gev": float(spectrum.space.pt_ref),
        "mean_squared_distance_gev2": spectrum.mean_squared_distance,
        "eigenvalue_gev2": spectrum.eigenvalue.tolist(),
        "eigenvalue_err_gev2": spectrum.eigenvalue_err.tolist(),
        "share_of_distance": spectrum.share.tolist(),
        "share_of_distance_err": spectrum.share_err.tolist(),
        "residual_gev2": spectrum.residual,
        "effective_rank": [spectrum.effective_rank, spectrum.effective_rank_err],
        "participation_ratio": [spectrum.participation_ratio, spectrum.participation_ratio_err],
        "components_for_share_of_distance": counts,
        "epsilon_gev": ranks.full.epsilon.tolist(),
        "rank": ranks.rank.tolist(),
        "by_rank": by_rank,
        "rank_correlation_of_component": correlations(spectrum, jets),
        "deviations": DEVIATIONS,
        "quantile_functions": curves,
    }


def main() -> None:
    """Measure, draw and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", nargs="+", default=["sample"], help="files that load_jets reads")
    parser.add_argument("--jets", type=int, help="take only the first so many")
    parser.add_argument("--replicas", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("results/low_rank"))
    chosen = parser.parse_args()

    jets = concatenate([load_jets(file) for file in chosen.data])[: chosen.jets]
    likelihood = SmearedLikelihood(jets)
    options = {"replicas": chosen.replicas, "seed": chosen.seed, "progress": True}
    spectrum = karhunen_loeve(likelihood, **options)
    ranks = information_by_rank(likelihood, EPSILON, alone=ALONE, **options)
    record = written_down(spectrum, ranks, jets)
    print(f"{spectrum}\n\n{ranks}\n\nrank correlation of components 1 to {ALONE} with")
    for name, values in record["rank_correlation_of_component"].items():
        print(f"{name:>14} " + " ".join(f"{value:+.2f}" for value in values))

    chosen.out.mkdir(parents=True, exist_ok=True)
    record |= {
        "data": [Path(file).name for file in chosen.data],
        "replicas": chosen.replicas,
        "seed": chosen.seed,
        "versions": {name: version(name) for name in ("smearjax", "jax", "numpy")},
    }
    (chosen.out / "low_rank.json").write_text(json.dumps(record, indent=1))
    with hep_style():
        for name, figure in (
            ("spectrum", spectrum_figure(spectrum, ranks)),
            ("components", components_figure(spectrum, ranks)),
        ):
            for kind in ("png", "pdf"):
                figure.savefig(chosen.out / f"{name}.{kind}")
    print(f"written to {chosen.out}")


if __name__ == "__main__":
    main()
