"""Run a scan that is to be killed: the words are its folder."""

from __future__ import annotations

import sys

from smearjax import SmearedLikelihood, load_jets
from smearjax.smearing.scan import scan

JETS, ROWS, EPSILON = 1000, 8, [5.0, 10.0, 20.0]


def begin(folder: str):
    likelihood = SmearedLikelihood(load_jets("sample")[:JETS])
    return scan(likelihood, None, EPSILON, folder, rows_per_chunk=ROWS)


if __name__ == "__main__":
    begin(sys.argv[1])
