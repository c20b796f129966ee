"""The container that jets live in: padded particle arrays, one row a jet."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Bool, Float, Int

from smearjax.jets.arrays import (
    HostOrDevice,
    blank,
    common_float,
    float_array,
    integer_array,
    is_traced,
    mask_array,
    row_index,
    whole_pid,
)
from smearjax.jets.checks import check_padding, check_shapes, check_values
from smearjax.jets.describe import describe
from smearjax.jets.epem import massless_coordinates
from smearjax.jets.from_awkward import awkward_columns
from smearjax.jets.ragged import flat_columns, pad_flat, pad_lists


class Jets(eqx.Module):
    r"""N jets of up to n massless constituents each, a JAX pytree.

    Constituent i of a jet carries the momentum fraction $z_i = p_{T,i} / \sum_j p_{T,j}$ and the
    direction $(y_i, \phi_i)$. Rows are jets; entries where `mask` is False are padding, count for
    nothing, and hold zeros (whatever they held before: a filler such as −999 or NaN is padding).
    Source: fractions and directions as in arXiv:1810.05165; smearjax's own container.

    float32 and float64 stay what they are, float16 and bfloat16 widen to float32, integers become
    float64, long doubles are refused. Numpy arrays stay numpy arrays on the host and are not
    copied; JAX arrays stay where they are. Values are checked here, once, and not under jit.

    Args:
        pt: transverse momenta, (N, n), GeV, never negative, 0 in the padding.
        y: rapidities, (N, n). Pseudorapidity is the same thing for massless particles.
        phi: azimuths, (N, n), radians, any branch.
        mask: True where there is a particle, (N, n); without it, where pt is not 0. Needed only to
            count particles with pt = 0.
        pid: PDG particle numbers, (N, n), optional.
        label: 1 = quark (signal), 0 = gluon (background), (N,), optional.
        weight: event weights, (N,), negative ones included, optional; None means all ones.

    Raises:
        ValueError: arrays of the wrong shape or kind, swapped axes.
        JetsError: NaN or inf, negative pt, empty jets, a particle outside the mask, |y| > 100,
            |phi| > 1000, labels other than 0 and 1; counted, with the first bad jets.

    Warns:
        UnitsWarning: the median jet pT is above 20 TeV (MeV?), or phi looks like degrees.

    Example:
        >>> jets = Jets(pt=[[300.0, 200.0], [510.0, 0.0]], y=[[0.0, 0.1], [1.0, 0.0]],
        ...             phi=[[1.0, 1.2], [3.0, 0.0]], label=[0, 1])
        >>> jets
        Jets: 2 jets (1 quark, 1 gluon)
          median (range): pT 505 (500 to 510) GeV, 1.5 (1 to 2) constituents
          padded to 2, float32, pid no, weights no
        >>> jets.total_pt
        array([500., 510.], dtype=float32)
        >>> len(jets[jets.label == 1])
        1
    """

    pt: Float[HostOrDevice, "N n"]
    y: Float[HostOrDevice, "N n"]
    phi: Float[HostOrDevice, "N n"]
    mask: Bool[HostOrDevice, "N n"]
    pid: Int[HostOrDevice, "N n"] | None
    label: Int[HostOrDevice, " N"] | None
    weight: Float[HostOrDevice, " N"] | None

    def __init__(self, pt, y, phi, mask=None, pid=None, label=None, weight=None):
        self.pt, self.y, self.phi = common_float(
            float_array("pt", pt), float_array("y", y), float_array("phi", phi)
        )
        self.mask = self.pt != 0 if mask is None else mask_array(mask)
        self.pid = None if pid is None else whole_pid(pid, self.mask)
        self.label = None if label is None else integer_array("label", label, np.int32)
        self.weight = None if weight is None else float_array("weight", weight)
        check_shapes(self)
        traced = is_traced(*jax.tree.leaves(self))
        if not traced:
            check_padding(self)
        self.pt, self.y, self.phi = (blank(x, self.mask) for x in (self.pt, self.y, self.phi))
        if not traced:
            check_values(self)
        if self.label is not None:
            self.label = self.label.astype(np.int8)

    @classmethod
    def from_flat(cls, pt, y, phi, offsets, pid=None, label=None, weight=None) -> Jets:
        """Jets from flat per-particle arrays: jet i has the particles offsets[i]:offsets[i + 1].

        Source: smearjax's file layout, with offsets as in awkward's `ListOffsetArray`.

        Args:
            pt: GeV, one entry a particle, (total number of particles,); `y`, `phi` and `pid` alike.
            y: rapidities.
            phi: azimuths in radians.
            offsets: whole numbers, (N + 1,), from 0 to the number of particles, never falling.
            pid: PDG numbers, optional.
            label: (N,), optional, as in `Jets`.
            weight: (N,), optional, as in `Jets`.

        Raises:
            ValueError: wrong shapes or kinds.
            JetsError: offsets that do not fit the particles; values as in `Jets`.

        Example:
            >>> jets = Jets.from_flat([300.0, 200.0, 510.0], [0.0, 0.1, 1.0], [1.0, 1.2, 3.0],
            ...                       offsets=[0, 2, 3])
            >>> jets.pt
            array([[300., 200.],
                   [510.,   0.]], dtype=float32)
        """
        padded, mask = pad_flat(flat_columns(pt, y, phi, pid), offsets)
        return cls(**padded, mask=mask, label=label, weight=weight)

    @classmethod
    def from_lists(cls, pt, y, phi, pid=None, label=None, weight=None) -> Jets:
        """Jets from lists that hold one array of particles a jet, of any lengths.

        Source: smearjax's own definition.

        Args:
            pt: GeV, a list of N arrays; `y`, `phi` and `pid` alike.
            y: rapidities.
            phi: azimuths in radians.
            pid: PDG numbers, optional.
            label: (N,), optional, as in `Jets`.
            weight: (N,), optional, as in `Jets`.

        Raises:
            ValueError: no lists, wrong shapes or kinds.
            JetsError: different numbers of pt and of another quantity; values as in `Jets`.

        Example:
            >>> Jets.from_lists([[300.0, 200.0], [510.0]], [[0.0, 0.1], [1.0]],
            ...                 [[1.0, 1.2], [3.0]]).multiplicity
            array([2, 1])
        """
        given = {"pt": pt, "y": y, "phi": phi} | ({} if pid is None else {"pid": pid})
        padded, mask = pad_lists(given)
        return cls(**padded, mask=mask, label=label, weight=weight)

    @classmethod
    def from_awkward(cls, particles, y=None, phi=None, pid=None, label=None, weight=None) -> Jets:
        """Jets from awkward arrays of type N * var * number, or N * var * record.

        Source: awkward's array types; field names as HEP files have them.

        Args:
            particles: records with the fields `pt` (GeV), `y` (or `rapidity`, or `eta`, which is
                the same for massless particles), `phi` (radians) and optionally `pid` (or
                `pdgid`), in any case of letters; or the pt alone, with `y` and `phi` beside it.
            y: rapidities, if `particles` is pt alone.
            phi: azimuths in radians, if `particles` is pt alone.
            pid: PDG numbers, optional.
            label: (N,), optional, as in `Jets`.
            weight: (N,), optional, as in `Jets`.

        Raises:
            ImportError: awkward is not installed (pip install 'smearjax[awkward]').
            ValueError: no such fields, missing values, too many or too few nested lists.
            JetsError: different numbers of pt and of another quantity; values as in `Jets`.

        Example:
            >>> import awkward as ak
            >>> particles = ak.zip({"pt": ak.Array([[300.0, 200.0], [510.0]]),
            ...                     "eta": ak.Array([[0.0, 0.1], [1.0]]),
            ...                     "phi": ak.Array([[1.0, 1.2], [3.0]])})
            >>> Jets.from_awkward(particles, label=[1, 0]).multiplicity
            array([2, 1])
        """
        columns, offsets = awkward_columns(particles, y, phi, pid)
        return cls.from_flat(**columns, offsets=offsets, label=label, weight=weight)

    @classmethod
    def from_epem(cls, energy, theta, phi, mask=None, pid=None, label=None, weight=None) -> Jets:
        r"""Jets, or whole events, from energies and polar angles, as e⁺e⁻ colliders give them.

        For massless particles $p_T = E \sin\theta$ and $y = -\ln\tan(\theta/2)$, so that
        $E = p_T \cosh y$ and the opening angle follow from what is kept. Source: kinematics.

        Args:
            energy: GeV; padded (N, n), or a list with one array an event; `theta`, `phi` alike.
            theta: polar angles in radians, strictly between 0 and π.
            phi: azimuths in radians.
            mask: as in `Jets`, for padded arrays only; without it, where the energy is not 0.
            pid: PDG numbers, optional.
            label: (N,), optional, as in `Jets`.
            weight: (N,), optional, as in `Jets`.

        Raises:
            ValueError: wrong shapes or kinds.
            JetsError: theta outside (0, π), a negative energy; values as in `Jets`.

        Example:
            >>> event = Jets.from_epem(energy=[[45.6, 45.6]], theta=[[1.0, 2.1416]],
            ...                        phi=[[0.0, 3.1416]])
            >>> event.y
            array([[ 0.604, -0.604]])
        """
        if isinstance(energy, list | tuple):
            if mask is not None:
                raise ValueError("mask goes with padded arrays; lists of events need none")
            given = {"pt": energy, "y": theta, "phi": phi} | ({} if pid is None else {"pid": pid})
            padded, mask = pad_lists(given)
            energy, theta, phi, pid = padded["pt"], padded["y"], padded["phi"], padded.get("pid")
        pt, y = massless_coordinates(energy, theta, mask)
        if mask is None:
            mask = pt != 0
        return cls(pt, y, phi, mask, pid, label, weight)

    def replace(self, **arrays: Any) -> Jets:
        """The same jets with some arrays exchanged, checked like new ones.

        Source: after Python's `dataclasses.replace`.

        Args:
            arrays: any of `Jets`' arguments by name, in its shapes and units (GeV, radians).

        Raises:
            ValueError: an unknown name, wrong shapes or kinds.
            JetsError: values as in `Jets`.

        Example:
            >>> gluons = Jets(pt=[[510.0]], y=[[0.0]], phi=[[1.0]]).replace(label=[0])
            >>> gluons.label
            array([0], dtype=int8)
        """
        kept = {name: getattr(self, name) for name in self.__dataclass_fields__}
        unknown = set(arrays) - set(kept)
        if unknown:
            raise ValueError(f"Jets have no {sorted(unknown)}; they have {list(kept)}")
        if "pt" in arrays:
            kept["mask"] = None
        return Jets(**(kept | arrays))

    def __len__(self) -> int:
        return self.pt.shape[0]

    def __getitem__(self, index: Any) -> Jets:
        rows = row_index(index, len(self))
        return jax.tree.map(lambda leaf: leaf[rows], self)

    def __repr__(self) -> str:
        return describe(self)

    @property
    def multiplicity(self) -> Int[HostOrDevice, " N"]:
        """Number of constituents of each jet, (N,), no unit."""
        return self.mask.sum(axis=1)

    @property
    def total_pt(self) -> Float[HostOrDevice, " N"]:
        """Scalar sum of the constituents' pT of each jet, (N,), GeV."""
        return (self.pt * self.mask).sum(axis=1)
