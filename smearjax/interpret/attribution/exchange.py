"""Groups of particles, and jets in which one group is another jet's."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import jax
import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.typing import ArrayLike

from smearjax._expect import expect
from smearjax.jets.checks import JetsError
from smearjax.jets.container import Jets
from smearjax.jets.transforms import center

# First and last rank by falling pT, and distances from the pT centroid in radians.
_RANKS = {"hardest": (1, 1), "2 to 3": (2, 3), "4 to 10": (4, 10), "11 to 30": (11, 30),
          "beyond 30": (31, 1 << 30)}  # fmt: skip
_DISTANCES = (0.0, 0.05, 0.1, 0.2)
_CHARGED_HADRONS = (211, 321, 2212, 3112, 3222, 3312, 3334)


def particle_groups(jets: Jets, by: str) -> dict[str, Bool[np.ndarray, "N n"]]:
    r"""Particles grouped by their rank in pT, their distance from the axis, or what they are.

    "rank": the hardest, then 2 to 3, 4 to 10, 11 to 30, and beyond. "distance": ΔR from the pT
    centroid from 0 to .05, to .1, to .2 radians, and beyond. "kind": charged hadrons, photons,
    electrons and muons, and all others, which are neutral hadrons in jets of stable particles.

    Args:
        jets: N jets, pT in GeV.
        by: "rank", "distance" or "kind".

    Returns:
        (N, n) masks by name of the group; each particle is in one group.

    Raises:
        ValueError: no such grouping.
        JetsError: kinds are asked for and the jets have no pid.

    Source: smearjax's own choice.

    >>> from smearjax.jets import load_jets
    >>> groups = particle_groups(load_jets("sample")[:2], "rank")
    >>> {name: mask.sum(axis=1).tolist() for name, mask in groups.items()}
    {'hardest': [1, 1], '2 to 3': [2, 2], '4 to 10': [7, 7], '11 to 30': [20, 15], ...}
    """
    expect("jets", jets, Jets, "Jets, from load_jets(...) or Jets(pt, y, phi)")
    host: Jets = jax.tree.map(np.asarray, jets)
    if by == "rank":
        order = np.argsort(np.where(host.mask, -host.pt, np.inf), axis=1, kind="stable")
        rank = np.argsort(order, axis=1, kind="stable") + 1
        found = {name: (rank >= a) & (rank <= b) for name, (a, b) in _RANKS.items()}
    elif by == "distance":
        about = center(host)
        zone = np.searchsorted(_DISTANCES, np.hypot(about.y, about.phi), side="right")
        between = (f"{a:g} to {b:g}" for a, b in pairwise(_DISTANCES))
        ends = (*between, f"beyond {_DISTANCES[-1]:g}")
        found = {name: np.maximum(zone, 1) == place for place, name in enumerate(ends, start=1)}
    elif by == "kind":
        if host.pid is None:
            raise JetsError("kinds of particles need pid and the jets have none")
        kind = np.abs(host.pid)
        charged, light = np.isin(kind, _CHARGED_HADRONS), np.isin(kind, (11, 13))
        photon = kind == 22
        found = {
            "charged hadrons": charged,
            "photons": photon,
            "electrons and muons": light,
            "neutral hadrons": ~(charged | light | photon),
        }
    else:
        raise ValueError(f"by must be 'rank', 'distance' or 'kind'; got {by!r}")
    return {name: mask & host.mask for name, mask in found.items()}


def checked_masks(
    groups: Mapping[str, ArrayLike], jets: Jets
) -> dict[str, Bool[np.ndarray, "N n"]]:
    """Masks in the layout of the jets, or a ValueError."""
    expect("groups", groups, Mapping, "masks by name, as from particle_groups(jets, 'rank')")
    masks = {name: np.asarray(mask) for name, mask in groups.items()}
    for name, mask in masks.items():
        if mask.shape != jets.mask.shape or mask.dtype != bool:
            raise ValueError(
                f"groups[{name!r}] is {mask.dtype} of shape {mask.shape}; expected a mask of shape "
                f"{jets.mask.shape}, True for its particles"
            )
    if not masks:
        raise ValueError("groups are empty; give at least one mask by name")
    return masks


def with_particles_of(
    jets: Jets,
    rows: Int[np.ndarray, " r"],
    drawn: Int[np.ndarray, " r"],
    group: Bool[np.ndarray, "N n"],
) -> Jets:
    """Some jets with the particles of a group taken from others, which are `laid_on` them first."""
    host: Jets = jax.tree.map(np.asarray, jets)
    own, other = host[rows], laid_on(host, rows, drawn)
    kept, come = own.mask & ~group[rows], other.mask & group[drawn]
    bare = ~(kept.any(axis=1) | come.any(axis=1))
    if bare.any():
        raise ValueError(
            f"exchanging the group leaves {bare.sum()} jets without particles, jet "
            f"{rows[np.flatnonzero(bare)[0]]} the first; take it together with another group"
        )
    columns = [
        np.concatenate([np.where(kept, a, 0), np.where(come, b, 0)], axis=1)
        for a, b in ((own.pt, other.pt), (own.y, other.y), (own.phi, other.phi))
    ]
    pid = None
    if own.pid is not None and other.pid is not None:
        pid = np.concatenate([own.pid, other.pid], axis=1)
    return Jets(*columns, mask=np.concatenate([kept, come], axis=1), pid=pid)


def laid_on(jets: Jets, rows: Int[np.ndarray, " r"], drawn: Int[np.ndarray, " r"]) -> Jets:
    """Other jets, brought to the place, the orientation and the total pT of some jets.

    Their principal axes coincide, and so do the halves of the plane that hold more momentum.
    """
    host: Jets = jax.tree.map(np.asarray, Jets(jets.pt, jets.y, jets.phi, jets.mask, jets.pid))
    about = center(host)
    frame = principal_frames(about)
    plane = np.stack([about.y, about.phi], axis=2)[drawn]
    turn = np.swapaxes(frame[rows], 1, 2) @ frame[drawn]
    plane = plane @ np.swapaxes(turn, 1, 2).astype(plane.dtype)
    # The centroid is where the hardest particle is, less what it is from there.
    hardest = np.argmax(host.pt, axis=1)[:, None]
    y, phi = (
        np.take_along_axis(given - off, hardest, axis=1)[rows]
        for given, off in ((host.y, about.y), (host.phi, about.phi))
    )
    scale = (host.total_pt[rows] / host.total_pt[drawn])[:, None]
    mask = host.mask[drawn]
    pid = None if host.pid is None else host.pid[drawn]
    return Jets(host.pt[drawn] * scale, plane[..., 0] + y, plane[..., 1] + phi, mask, pid)


def principal_frames(about: Jets) -> Float[np.ndarray, "N 2 2"]:
    """Rotations and reflections from (y, φ) about the centroid into each jet's own axes.

    The first axis is the principal one of the pT-weighted covariance; both point to the halves of
    the plane that hold more momentum.
    """
    plane = np.stack([about.y, about.phi], axis=1).astype(np.float64)
    z = np.asarray(about.pt, np.float64) * about.mask
    _, axes = np.linalg.eigh((z[:, None] * plane) @ np.swapaxes(plane, 1, 2))
    frame = np.swapaxes(axes[:, :, ::-1], 1, 2)
    heavier = np.sum(z[:, None] * np.sign(frame @ plane), axis=2)
    return frame * np.where(heavier < 0, -1.0, 1.0)[:, :, None]
