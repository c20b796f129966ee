"""Why jets are ranked with one pair of class totals: leave-one-out totals leak labels.

    python experiments/label_leak.py                 # the 4,000 jets in the package
    python experiments/label_leak.py --data FILE

Labels are permuted, so that nothing is left to find, and the leave-one-out AUC of two rankings is
averaged over permutations: by n_q/n_g, and by [(n_q − w)/(W_q − w)]/[n_g/W_g], the likelihood ratio
with each jet's own weight taken out of its own total. An honest ranking stays at or below ½.
"""

from __future__ import annotations

import argparse
import json

import jax.numpy as jnp
import numpy as np
from tqdm import tqdm

from smearjax import SmearedLikelihood, load_jets
from smearjax.evaluate import auc
from smearjax.smearing import HardBall

EPSILON = (4.0, 6.0, 8.0, 10.0)  # GeV
PT_REF = 525.0  # GeV


def main() -> None:
    """Permute, rank and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default="sample", help="a file that load_jets reads")
    parser.add_argument("--permutations", type=int, default=10)
    settings = parser.parse_args()
    jets = load_jets(settings.data)
    rng = np.random.default_rng(0)
    found = np.empty((settings.permutations, 2, len(EPSILON)))
    for i in tqdm(range(settings.permutations), unit="permutation"):
        label = rng.permutation(np.asarray(jets.label))
        likelihood = SmearedLikelihood(jets, label, HardBall(), pt_ref=PT_REF)
        total = np.array([np.sum(label == c) for c in (0, 1)])
        # What leave-one-out totals add to ln n_q − ln n_g, jet by jet.
        shift = np.log(total[0] - (label == 0)) - np.log(total[1] - (label == 1))
        scores = np.asarray(likelihood.score(None, jnp.asarray(EPSILON)))
        empty = np.asarray(likelihood.balls(None, jnp.asarray(EPSILON)).empty)
        for e in range(len(EPSILON)):
            found[i, 0, e] = auc(scores[e], label)
            found[i, 1, e] = auc(np.where(empty[e], 0.0, scores[e] + shift), label)
    mean, error = found.mean(axis=0), found.std(axis=0, ddof=1) / np.sqrt(len(found))
    print(f"{len(jets):,} jets, {settings.permutations} permutations: mean AUC")
    print("| ε [GeV] | one pair of totals | leave-one-out totals |\n|---|---|---|")
    for e, epsilon in enumerate(EPSILON):
        cells = [f"{mean[k, e]:.4f} ± {error[k, e]:.4f}" for k in range(2)]
        print(f"| {epsilon:g} | {cells[0]} | {cells[1]} |")
    print(json.dumps({"epsilon_gev": EPSILON, "mean": mean.tolist(), "error": error.tolist()}))


if __name__ == "__main__":
    main()
