"""What is best done differently on a CPU and on an accelerator; results differ by rounding only."""

from __future__ import annotations

from typing import NamedTuple

import jax


class Tuning(NamedTuple):
    """How a pass is cut into pieces.

    Attributes:
        rows: rows in a block of pairs; large blocks make fast products.
        columns: columns in one.
        near_rows: rows in a block where blocks can be skipped; small ones find more to skip.
        near_columns: columns in one.
        unrolled: so many ε are taken in one reading of a block.
        sums: up to so many weight columns are added up while K is made, which spares an
            accelerator writing K down; more are a matrix product, which a CPU prefers always.
    """

    rows: int
    columns: int
    near_rows: int
    near_columns: int
    unrolled: int
    sums: int


_CPU = Tuning(rows=2048, columns=1024, near_rows=512, near_columns=1024, unrolled=1, sums=0)
_ACCELERATOR = Tuning(
    rows=16384, columns=16384, near_rows=4096, near_columns=4096, unrolled=8, sums=4
)


def tuning() -> Tuning:
    """The one for the devices in use."""
    return _CPU if jax.default_backend() == "cpu" else _ACCELERATOR
