"""What a jet must be, checked once on entry."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool

if TYPE_CHECKING:
    from smearjax.jets.container import Jets

MAX_PT = 1e9
"""GeV; a larger pT is a sentinel or a broken file."""

MIN_TOTAL_PT = 1e-12
"""GeV; a jet below it is empty (and could not be normalised in float32)."""

MAX_RAPIDITY = 100.0
"""No particle has a larger |y|; FastJet writes 1e5 for a particle with pt = 0."""

MAX_PHI = 1e3
"""Radians; beyond it float32 has lost the direction."""

MEV_MEDIAN_PT = 2e4
"""GeV; no collider makes jets of a median pT of 20 TeV, but 20 GeV in MeV is this number."""


class JetsError(ValueError):
    """Jets that cannot be used as they are; the message counts them and names the first.

    >>> from smearjax.jets import Jets
    >>> Jets(pt=[[300.0, -200.0]], y=[[0.0, 0.1]], phi=[[1.0, 1.2]])
    Traceback (most recent call last):
    ...
    smearjax.jets.checks.JetsError: pt is negative in 1 of 1 jets (first: jet 0, value -200.0); ...
    """


class UnitsWarning(UserWarning):
    """Numbers that look like another unit: MeV for GeV, degrees for radians.

    >>> import warnings
    >>> from smearjax.jets import Jets
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     _ = Jets(pt=[[300e3, 200e3]], y=[[0.0, 0.1]], phi=[[1.0, 1.2]])
    >>> caught[0].category.__name__
    'UnitsWarning'
    """


def check_shapes(jets: Jets) -> None:
    """Raise ValueError unless the shapes of the arrays fit together."""
    if jets.pt.ndim != 2:
        way_out = {
            1: "one jet is pt[None, :]; particles of many jets in one array go to Jets.from_flat",
            3: "particles of several columns go in as pt=X[..., 0], y=X[..., 1], phi=X[..., 2]",
        }.get(jets.pt.ndim, "one row a jet, one column a particle, zeros as padding")
        raise ValueError(f"pt has shape {jets.pt.shape}; expected (N, n): {way_out}")
    for name in ("y", "phi", "mask", "pid"):
        array = getattr(jets, name)
        if array is not None and array.shape != jets.pt.shape:
            raise ValueError(f"{name} has shape {array.shape}, pt has {jets.pt.shape}; they differ")
    n_jets, n_constituents = jets.pt.shape
    for name in ("label", "weight"):
        array = getattr(jets, name)
        if array is None or array.shape == (n_jets,):
            continue
        if array.shape == (n_constituents,):
            raise ValueError(
                f"{name} has {n_constituents} entries, one for each column of pt, which has shape "
                f"{jets.pt.shape}: the axes look swapped; pass pt.T, y.T, phi.T (jets are rows)"
            )
        raise ValueError(f"{name} has shape {array.shape}; expected ({n_jets},), one entry a jet")


def check_padding(jets: Jets) -> None:
    """Raise JetsError if a particle lies outside the mask, or the axes look swapped."""
    mask = np.asarray(jets.mask)
    if len(mask) == 0:
        raise JetsError("no jets: pt has no rows; expected at least one jet")
    with np.errstate(invalid="ignore"):
        refuse(
            (np.asarray(jets.pt) > 0) & ~mask,
            np.asarray(jets.pt),
            "pt is positive outside the mask",
            "a particle that is left out on purpose needs pt = 0 there",
        )
    if _looks_swapped(mask):
        raise JetsError(
            f"pt of shape {mask.shape} is padded along its rows' axis (axis 0), not along axis 1: "
            "the axes look swapped; pass pt.T, y.T, phi.T (jets are rows), "
            "or pack each jet's particles to the left"
        )


def check_values(jets: Jets) -> None:
    """Raise JetsError if a value is impossible; warn if the units look wrong."""
    pt, y, phi = (np.asarray(array) for array in (jets.pt, jets.y, jets.phi))
    for name, array in (("pt", pt), ("y", y), ("phi", phi)):
        way_out = "remove those particles or jets before they enter"
        refuse(~np.isfinite(array), array, f"{name} is NaN or infinite", way_out)
    refuse(pt < 0, pt, "pt is negative", "pT is never negative; a filler goes outside the mask")
    refuse(pt > MAX_PT, pt, f"pt is above {MAX_PT:g} GeV", "expected GeV; is it a filler value?")
    refuse(
        np.abs(y) > MAX_RAPIDITY,
        y,
        f"|y| is above {MAX_RAPIDITY:g}",
        "expected rapidities; FastJet writes 1e5 for a particle without pT",
    )
    refuse(np.abs(phi) > MAX_PHI, phi, f"|phi| is above {MAX_PHI:g}", "expected radians")
    total = pt.sum(axis=1, dtype=np.float64)
    refuse(
        total < MIN_TOTAL_PT,
        np.asarray(jets.mask).sum(axis=1),
        "there is no particle with pt > 0 (an empty jet)",
        "select them away first: keep = pt.sum(axis=1) > 0",
        "particles",
    )
    if jets.label is not None:
        label = np.asarray(jets.label)
        refuse(
            (label != 0) & (label != 1),
            label,
            "label is neither 0 nor 1",
            "1 = quark (signal), 0 = gluon (background); "
            "from PDG numbers: label = np.abs(pdg) <= 6",
        )
    if jets.weight is not None:
        weight = np.asarray(jets.weight)
        way_out = "a jet's weight is a number, negative allowed"
        refuse(~np.isfinite(weight), weight, "weight is NaN or infinite", way_out)
    _warn_units(np.median(total), phi, np.asarray(jets.mask))


def refuse(
    bad: Bool[np.ndarray, "..."],
    values: np.ndarray,
    problem: str,
    way_out: str,
    quantity: str = "value",
) -> None:
    """Raise JetsError with the count and the first jets where an entry is bad."""
    if not bad.any():
        return
    rows = np.flatnonzero(bad.reshape(len(bad), -1).any(axis=1))
    first = values[tuple(np.argwhere(bad)[0])]
    jets = ("jet " if len(rows) == 1 else "jets ") + ", ".join(str(row) for row in rows[:5])
    raise JetsError(
        f"{problem} in {len(rows):,} of {len(bad):,} jets "
        f"(first: {jets}, {quantity} {first}); {way_out}"
    )


def _looks_swapped(mask: Bool[np.ndarray, "N n"]) -> bool:
    """Whether particles are packed along axis 0 and full of holes along axis 1."""
    if len(mask) < 8 or mask.shape[1] < 2:
        return False
    packed_down = not (mask[1:] & ~mask[:-1]).any()
    holes = (mask[:, 1:] & ~mask[:, :-1]).any(axis=1)
    return bool(packed_down and 2 * holes.sum() > (~mask).any(axis=1).sum())


def _warn_units(median_pt: float, phi: np.ndarray, mask: Bool[np.ndarray, "N n"]) -> None:
    """Warn of MeV taken for GeV and of degrees taken for radians."""
    if median_pt > MEV_MEDIAN_PT:
        warnings.warn(
            f"the median jet pT is {median_pt:,.0f} GeV, above {MEV_MEDIAN_PT:,.0f} GeV, more than "
            "any collider makes: are these MeV? Then divide pt by 1000",
            UnitsWarning,
            stacklevel=4,
        )
    if np.count_nonzero(np.abs(phi) > 4 * np.pi) > 0.5 * np.count_nonzero(mask):
        warnings.warn(
            "more than half of the particles have |phi| > 4π: are these degrees? "
            "Then pass np.radians(phi)",
            UnitsWarning,
            stacklevel=4,
        )
