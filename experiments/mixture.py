"""A mixture of scales beside the best single ε: its spectrum in GeV, and what it gains.

    python experiments/mixture.py                     # the 4,000 jets in the package, a minute
    python experiments/mixture.py --data FILES        # 10 minutes at most

Several mixtures learn on disjoint sets of jets; their scatter is the error of the spectrum. The
best single ε of each set is chosen on validation jets, by cross-entropy or by AUC, whichever is
compared; everything is then measured once on test jets, differences on the same replicas of them.
With 5 files or more the three kinds of jets come from different files. Smearing: arXiv:2501.07643.
Settings are frozen in mixture.toml. Each training set has a JSON file of its own under --out, so
that an interrupted run goes on where it stopped.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from _common import epsilon_grid, kept, load_all, options, say
from tqdm import tqdm

from smearjax import Jets, SmearedLikelihood
from smearjax.evaluate import auc_columns, bootstrap_weights
from smearjax.jets import split
from smearjax.report.axes import epsilon_axis, new_figure
from smearjax.report.style import BLUE, GREEN, INK, MUTED, VERMILION, hep_style
from smearjax.smearing import learn_mixture

CONFIG = tomllib.loads(Path(__file__).with_suffix(".toml").read_text())
SEED = CONFIG["grid"]["seed"]
GRID = epsilon_grid(CONFIG["grid"]["epsilon"])
MEASURES = {"cross_entropy": "cross-entropy [nats]", "auc": "AUC"}
Part = dict[str, Any]


@cache
def jets_of(files: tuple[str, ...]) -> dict[str, Any]:
    """Several sets to learn on, validation jets, test jets; no jet in two of them."""
    if len(files) < 5:
        shares = CONFIG["shares"]
        wanted = [shares[name] for name in ("train", "validation", "test")]
        train, validation, test = split(load_all(files), wanted, SEED)
        sets = shares["sets"]
        trains: tuple[Jets, ...] = split(train, [1 / sets] * sets, SEED)
    else:
        held, tested = CONFIG["files"]["validation"], CONFIG["files"]["test"]
        cut = len(files) - held - tested
        trains = tuple(load_all([file]) for file in files[: min(cut, CONFIG["files"]["train"])])
        validation = load_all(files[cut : cut + held])
        test = load_all(files[cut + held :])
    return {"train": trains, "validation": validation, "test": test}


def number_of_sets(files: tuple[str, ...]) -> int:
    """Sets to learn on; no file need be read."""
    asked = CONFIG["files"]
    cut = len(files) - asked["validation"] - asked["test"]
    return CONFIG["shares"]["sets"] if len(files) < 5 else min(cut, asked["train"])


def one_set(files: tuple[str, ...], number: int) -> Part:
    """Learn on one set, choose the single ε on validation jets, measure on test jets."""
    jets = jets_of(files)
    likelihood = SmearedLikelihood(jets["train"][number], pt_ref=CONFIG["grid"]["pt_ref"])
    validation, test = jets["validation"], jets["test"]
    asked = {"replicas": CONFIG["replicas"]["train"], "seed": SEED}
    mixture = learn_mixture(likelihood, validation, GRID, **asked)
    chosen = {"cross_entropy": int(np.argmin(mixture.single))}
    held = np.asarray(likelihood.score(validation, GRID))
    chosen["auc"] = int(np.argmax(auc_columns(held.T, validation.label)))
    best = chosen["cross_entropy"]
    # The mixture has a scale and an offset; so that these are no advantage, a single ε with both.
    alone = learn_mixture(likelihood, validation, [float(GRID[best])], **asked)
    query = likelihood.queries(test)
    ratios = np.asarray(likelihood.log_ratio(query, GRID), np.float64)
    scores = np.vstack(
        [
            ratios,
            mixture.offset + mixture.weight @ ratios,
            alone.offset + alone.weight[0] * ratios[best],
        ]
    )
    empty = np.asarray(likelihood.balls(query, GRID).empty).mean(axis=1)
    return {
        "n_train": list(mixture.n_jets),
        "n_validation": len(validation),
        "n_test": np.bincount(np.asarray(test.label)).tolist(),
        "weight": mixture.weight.tolist(),
        "weight_err": mixture.weight_err.tolist(),
        "offset": mixture.offset,
        "scale_of_single": float(alone.weight[0]),
        "chosen": chosen,
        "empty_fraction": empty.tolist(),
        "measured": {k: v.tolist() for k, v in measured(scores, np.asarray(test.label)).items()},
    }


def measured(scores: np.ndarray, label: np.ndarray) -> dict[str, np.ndarray]:
    """Cross-entropy and AUC of each score, (scores, 1 + replicas), the test jets first.

    All scores see the same replicas, and so do all training sets.
    """
    replicas = bootstrap_weights(len(label), CONFIG["replicas"]["test"], SEED)
    weights = np.vstack([np.ones(len(label)), replicas]).T.astype(np.float64)
    rows: dict[str, list[np.ndarray]] = {name: [] for name in MEASURES}
    for score in tqdm(scores, desc="test jets"):
        loss = np.logaddexp(0, np.where(label == 1, -score, score))
        by_class = [
            loss[label == c] @ weights[label == c] / weights[label == c].sum(axis=0) for c in (0, 1)
        ]
        rows["cross_entropy"].append(0.5 * (by_class[0] + by_class[1]))
        rows["auc"].append(auc_columns(score[:, None], label, weights))
    return {name: np.array(values) for name, values in rows.items()}


class Measured:
    """One measure, averaged over the training sets, with the errors of test and training jets."""

    def __init__(self, parts: list[Part], measure: str):
        number = len(GRID)
        every = np.array([part["measured"][measure] for part in parts])
        best = [part["chosen"][measure] for part in parts]
        self.curve = every[:, :number]
        self.mixture = every[:, number]
        self.scaled = every[:, number + 1]
        self.single = np.array([rows[k] for rows, k in zip(every, best, strict=True)])


def summary(values: np.ndarray) -> tuple[float, float, float]:
    """Of (sets, 1 + replicas): the mean over the sets, its error from test jets, and from sets."""
    mean = values.mean(axis=0)
    scatter = values[:, 0].std(ddof=1) / np.sqrt(len(values))
    return float(mean[0]), float(mean[1:].std(ddof=1)), float(scatter)


def spectrum(parts: list[Part]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean weights, their scatter over the sets, and what the bootstrap says of one set."""
    weights = np.array([part["weight"] for part in parts])
    bootstrap = np.sqrt(np.mean([np.square(part["weight_err"]) for part in parts], axis=0))
    return weights.mean(axis=0), weights.std(axis=0, ddof=1), bootstrap


def table(parts: list[Part]) -> str:
    """The spectrum, and the mixture beside single resolutions on the test jets."""
    train, test = sum(parts[0]["n_train"]), sum(parts[0]["n_test"])
    mean, scatter, bootstrap = spectrum(parts)
    empty = np.mean([part["empty_fraction"] for part in parts], axis=0)
    of = {measure: Measured(parts, measure) for measure in MEASURES}
    lines = [
        f"{len(parts)} disjoint training sets of about {train:,} jets, "
        f"{parts[0]['n_validation']:,} validation jets, {test:,} test jets; "
        f"Gaussian, d = pT_ref √SEMD(β = 1, p = 2), pT_ref = {CONFIG['grid']['pt_ref']:g} GeV",
        f"Weights for each step of {np.log(GRID[1] / GRID[0]):.3f} in ln ε; of single ε the "
        "cross-entropy and AUC with the error of the test jets",
        "  ε [GeV]   weight ± scatter   (bootstrap)   empty    cross-entropy        AUC",
    ]
    for k, epsilon in enumerate(GRID):
        single = [summary(of[measure].curve[:, k]) for measure in MEASURES]
        cells = "    ".join(f"{value:.4f} ± {error:.4f}" for value, error, _ in single)
        lines.append(
            f"{epsilon:9.3g}   {mean[k]:6.3f} ± {scatter[k]:.3f}     ({bootstrap[k]:.3f})      "
            f"{empty[k]:6.2%}   {cells}"
        )
    lines += [
        f"Sum of the weights: {mean.sum():.3f}; scale of the best single ε alone: "
        f"{np.mean([part['scale_of_single'] for part in parts]):.3f}",
        "On the test jets: mean over the sets ± error of the test jets ± error from the sets",
    ]
    for measure, name in MEASURES.items():
        epsilon = ", ".join(f"{GRID[part['chosen'][measure]]:.3g}" for part in parts)
        m = of[measure]
        rows = {
            "mixture": m.mixture,
            f"best single ε ({epsilon} GeV, by validation)": m.single,
            "mixture − best single ε": m.mixture - m.single,
        }
        if measure == "cross_entropy":
            rows["mixture − best single ε with a scale and an offset"] = m.mixture - m.scaled
        lines.append(name)
        lines += [
            "  {:<75}{:+.5f} ± {:.5f} ± {:.5f}".format(text, *summary(values))
            for text, values in rows.items()
        ]
    return "\n".join(lines)


def draw(parts: list[Part], out: Path) -> None:
    """The spectrum, above cross-entropy and AUC of single resolutions with the mixture's level."""
    with hep_style():
        figure, (top, *below) = new_figure((8.6, 11.5), ratios=(1.3, 1.2, 1.2))
        mean, scatter, _ = spectrum(parts)
        for i, part in enumerate(parts):
            label = "one training set" if i == 0 else None
            top.plot(GRID, part["weight"], "-", color=MUTED, lw=1, alpha=0.6, label=label)
        top.errorbar(GRID, mean, scatter, fmt="o", color=BLUE, ms=7, lw=2, capsize=3,
                     label=f"mean and scatter of {len(parts)}")  # fmt: skip
        top.axhline(0, color=INK, lw=1)
        top.set_ylabel("weight of ln $L(x|ε)$")
        top.legend(loc="best")
        train, test = sum(parts[0]["n_train"]), sum(parts[0]["n_test"])
        top.set_title(f"learned on {len(parts)} × {train:,} jets, {test:,} test jets",
                      fontsize=15, weight="normal")  # fmt: skip
        for axes, (measure, name) in zip(below, MEASURES.items(), strict=True):
            level(axes, Measured(parts, measure), measure)
            axes.set_ylabel(f"test {name}")
        below[0].legend(loc="upper center")
        low, high = below[1].get_ylim()
        below[1].set_ylim(low - 0.3 * (high - low), high)
        below[1].legend(loc="lower center")
        epsilon_axis(below[-1], [{"epsilon_gev": epsilon} for epsilon in GRID])
        empty = np.mean([part["empty_fraction"] for part in parts], axis=0)
        balls = ", ".join(f"{empty[k]:.1%} at {GRID[k]:.3g} GeV" for k in range(3))
        figure.supxlabel("bands: one standard error of the test jets, most of which cancels in "
                         f"differences\nempty balls: {balls}",
                         x=0.015, ha="left", fontsize=12, color=MUTED)  # fmt: skip
        figure.align_ylabels()
        figure.savefig(out / "mixture.png")


def level(axes: Any, m: Measured, measure: str) -> None:
    """Single resolutions as a curve, the mixture as a level."""
    values = [summary(m.curve[:, k]) for k in range(len(GRID))]
    value, error = (np.array([one[i] for one in values]) for i in (0, 1))
    axes.fill_between(GRID, value - error, value + error, color=VERMILION, alpha=0.22, lw=0)
    axes.plot(GRID, value, "o-", color=VERMILION, label="single ε")
    gain, test_err, sets_err = summary(m.mixture - m.single)
    change = f"{gain:+.4f} ± {np.hypot(test_err, sets_err):.4f}".replace("-", "−")
    against = f"mixture: {change} against best single ε"
    lines = [(m.mixture, BLUE, "-", against)]
    if measure == "cross_entropy":
        lines.append((m.scaled, GREEN, "--", "best single ε with scale and offset"))
    for of, colour, style, label in lines:
        height, test, _ = summary(of)
        axes.axhspan(height - test, height + test, color=colour, alpha=0.18, lw=0)
        axes.axhline(height, color=colour, ls=style, lw=2, label=label)
    if measure == "cross_entropy":
        # Far below the jets' distances it is several nats, which would hide all the rest.
        low = min(value.min(), summary(m.mixture)[0])
        axes.set_ylim(low - 0.02, 0.72)


def main() -> None:
    """Measure what is missing, print the tables, draw."""
    chosen = options(__doc__, "mixture")
    files = tuple(chosen.data)
    settings = {"config": CONFIG, "files": [Path(path).name for path in files]}
    parts = [
        kept(chosen.out / f"set_{i}.json", settings, lambda i=i: one_set(files, i))
        for i in tqdm(range(number_of_sets(files)), desc="training sets")
    ]
    say(table(parts), chosen.out)
    draw(parts, chosen.out)


if __name__ == "__main__":
    main()
