"""What planted jets are made of where nothing is planted: narrow jets, alike in both classes."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

from smearjax._expect import expect, expect_number, expect_whole
from smearjax.jets import Jets, wrap

_EMISSIONS = (2, 4)
_MOMENTUM = (1e-3, 0.15)
_ANGLE = (0.01, 0.1)
_PT = 525.0


def few_emissions(n_jets: int, seed: int = 0) -> Jets:
    r"""Toy jets: a hard core and two to four emissions within .1 of it.

    Each emission takes a momentum fraction z with p(z) ∝ 1/z from .001 to .15 at an angle r with
    p(r) ∝ 1/r from .01 to .1, in any direction; the core keeps the rest of 525 GeV. So no two
    particles are further than .2 apart, and nothing in a jet knows its label.

    Args:
        n_jets: N.
        seed: the same seed gives the same jets.

    Returns:
        N jets of pT 525 GeV in float32, labels 1 and 0 in turn (N/2 each).

    Raises:
        ValueError: fewer than 2 jets.

    Source: smearjax's own; the leading logarithms of soft and collinear emission.

    >>> from smearjax.planted import few_emissions
    >>> few_emissions(4).multiplicity
    array([5, 4, 4, 3])
    """
    expect_whole("n_jets", n_jets, least=2)
    rng = np.random.default_rng([seed, 0])
    shape = (n_jets, _EMISSIONS[1])
    number = rng.integers(_EMISSIONS[0], _EMISSIONS[1] + 1, n_jets)
    z = _log_uniform(rng, _MOMENTUM, shape) * (np.arange(shape[1]) < number[:, None])
    r, azimuth = _log_uniform(rng, _ANGLE, shape), rng.uniform(-np.pi, np.pi, shape)

    def beside_core(core: np.ndarray | float, emissions: np.ndarray) -> np.ndarray:
        column = np.broadcast_to(core, n_jets)[:, None]
        return np.concatenate([column, emissions], axis=1).astype(np.float32)

    return Jets(
        pt=_PT * beside_core(1.0 - z.sum(axis=1), z),
        y=beside_core(0.0, r * np.cos(azimuth)),
        phi=beside_core(0.0, r * np.sin(azimuth)),
        label=_in_turn(n_jets),
    )


def cores(jets: Jets, radius: float = 0.1, seed: int = 0) -> Jets:
    r"""Real jets cut down to what lies near their hardest particle, with labels drawn anew.

    The nuisance of real showers and hadrons: constituents with ΔR < radius from the hardest one,
    about which the coordinates are. New labels, half 1 and half 0 at random, owe nothing to what
    the jets were, so that both classes hold the same mixture.

    Args:
        jets: N jets; pT in GeV, y and φ in radians.
        radius: what is kept, in ΔR; dimensionless.
        seed: of the labels.

    Returns:
        N jets without pid and weights.

    Raises:
        ValueError: `jets` no Jets, or `radius` not positive.

    Source: smearjax's own.

    >>> from smearjax import load_jets
    >>> from smearjax.planted import cores
    >>> cores(load_jets("sample")[:3]).multiplicity
    array([37, 21, 34])
    """
    expect("jets", jets, Jets, "Jets, from load_jets(...) or Jets(pt, y, phi)")
    expect_number("radius", radius, 0, np.inf, "a positive ΔR")
    pt, mask = np.asarray(jets.pt), np.asarray(jets.mask)
    first = np.argmax(pt, axis=1)[:, None]
    y, phi = (
        np.asarray(column) - np.take_along_axis(np.asarray(column), first, axis=1)
        for column in (jets.y, jets.phi)
    )
    about = wrap(Jets(pt, y, phi, mask))
    kept = mask & (np.hypot(about.y, about.phi) < radius)
    label = np.random.default_rng([seed, 1]).permutation(_in_turn(len(jets)))
    return Jets(np.where(kept, pt, 0), about.y, about.phi, kept, label=label)


def _log_uniform(
    rng: np.random.Generator, bounds: tuple[float, float], shape: tuple[int, int]
) -> Float[np.ndarray, "N k"]:
    """Numbers with p(x) ∝ 1/x between the bounds."""
    low, high = np.log(bounds)
    return np.exp(rng.uniform(low, high, shape))


def _in_turn(number: int) -> Int[np.ndarray, " N"]:
    """1 and 0 in turn."""
    return (1 - np.arange(number) % 2).astype(np.int8)
