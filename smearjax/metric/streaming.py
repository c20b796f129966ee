"""From particles to vectors for data sets of any size, a chunk of jets at a time."""

from __future__ import annotations

import mmap
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Int

from smearjax._expect import expect, expect_number, expect_whole
from smearjax._numerics import ArrayLike
from smearjax.jets.arrays import is_traced
from smearjax.jets.buckets import bucket_by_multiplicity
from smearjax.jets.container import Jets
from smearjax.metric.angles import angle_convention
from smearjax.metric.embedding import Embedding, embed
from smearjax.metric.host.projection import Projection, project
from smearjax.metric.host.steps import entries
from smearjax.metric.host.threads import cores
from smearjax.metric.spectral import dtype_of, spectral_function, warn_if_downcast

# Spectral entries of one batch on a core: its arrays of a MB stay in the cache.
_ENTRIES = 1 << 17


def embed_jets(
    jets: Jets | Iterable[Jets],
    beta: ArrayLike = 1.0,
    omega: str = "delta_r",
    cells: int = 256,
) -> Embedding:
    """Spectral functions and embedding of a whole data set, on all cores of the host.

    Same as `embed(spectral_function(jets, beta, omega), cells)` (formulas there; the spectral
    function is that of arXiv:2305.03751), computed in float64 whatever the precision of the jets,
    without padding and without compilation for their shapes; XLA runs its sorts and scatters on
    one core of a CPU. No bit of the result depends on the other jets, on chunks or on the number
    of cores. Memory beyond the (N, 2T) result is that of one chunk.

    Derivatives in β are taken through `embed`, on the device; derivatives in the particles need
    `embed` itself.

    Args:
        jets: N jets, or what yields them in chunks, such as `read_jets_in_chunks(path)`; pT in
            GeV, y and φ in radians.
        beta: exponent β > 0 of the angles.
        omega: name of the angle, see `spectral_function`.
        cells: T.

    Returns:
        `Embedding` of the N jets in their order, in their precision.

    Raises:
        ValueError: as `spectral_function` and `embed`; chunks of different float types, or none.

    >>> from smearjax import load_jets
    >>> from smearjax.metric import embed_jets
    >>> jets = load_jets("sample")
    >>> embed_jets(jets[:5]).vectors.shape
    (5, 512)
    >>> embed_jets(jets[begin : begin + 2] for begin in (0, 2, 4)).vectors.shape
    (6, 512)
    """
    expect(
        "jets",
        jets,
        (Jets, Iterable),
        "Jets, from load_jets(...) or Jets(pt, y, phi), or chunks of them",
    )
    expect_whole("cells", cells, least=1)
    angle_convention(omega)
    chunks = _checked((jets,) if isinstance(jets, Jets) else jets)
    if is_traced(beta):
        return _embed_on_device(chunks, beta, omega, cells)
    expect_number("beta", beta, 0, np.inf, "positive and finite")
    parts: list[Projection] = []
    kept = np.asarray(beta)
    for chunk in chunks:
        warn_if_downcast(chunk.pt)
        kept = np.asarray(beta, dtype_of(chunk.pt))
        parts.append(_embed_on_host(jax.tree.map(np.asarray, chunk), float(kept), omega, cells))
    # Where JAX computes on the host it keeps this memory as it is.
    vectors, residual, rounding = (jax.device_put(column) for column in _joined(parts))
    return Embedding(vectors, residual, rounding, jnp.asarray(kept), omega)


def _checked(chunks: Iterable[Jets]) -> Iterator[Jets]:
    """The chunks, each looked at before it is used."""
    dtype = None
    for chunk in chunks:
        expect("a chunk of jets", chunk, Jets, "Jets, from load_jets(...) or Jets(pt, y, phi)")
        if dtype not in (None, chunk.pt.dtype):
            raise ValueError(f"chunks of jets are in {dtype} and in {chunk.pt.dtype}; use one type")
        dtype = chunk.pt.dtype
        yield chunk
    if dtype is None:
        raise ValueError("jets yields no chunk of jets; an iterator can be used only once")


def _embed_on_host(jets: Jets, beta: float, omega: str, cells: int) -> Projection:
    """Vectors, residuals and rounding of one chunk, in batches of equal multiplicity."""
    dtype = dtype_of(jets.pt)
    result = Projection(
        _pages((len(jets), 2 * cells), dtype), _pages(len(jets), dtype), _pages(len(jets), dtype)
    )

    def fill(rows: Int[np.ndarray, " K"]) -> None:
        for whole, part in zip(result, project(jets[rows], beta, omega, cells, dtype), strict=True):
            whole[rows] = part

    with ThreadPoolExecutor(cores()) as pool:
        for _ in pool.map(fill, _batches(np.asarray(jets.multiplicity))):
            pass
    return result


def _batches(multiplicity: Int[np.ndarray, " N"]) -> Iterator[Int[np.ndarray, " K"]]:
    """Rows of jets with equally many particles, few enough for a core's cache; longest first."""
    order = np.argsort(-multiplicity, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(multiplicity[order])) + 1):
        if len(rows):
            size = max(1, _ENTRIES // int(entries(int(multiplicity[rows[0]]))))
            yield from np.split(rows, range(size, len(rows), size))


def _joined(parts: list[Projection]) -> Projection:
    """The parts one after the other; each is let go as soon as it is copied."""
    if len(parts) == 1:
        return parts[0]
    end = sum(len(part.residual) for part in parts)
    whole = Projection(*(_pages((end, *column.shape[1:]), column.dtype) for column in parts[0]))
    while parts:
        part = parts.pop()
        begin = end - len(part.residual)
        for column, values in zip(whole, part, strict=True):
            column[begin:end] = values
        end = begin
    return whole


def _pages(shape: int | tuple[int, ...], dtype: np.dtype) -> Float[np.ndarray, "..."]:
    """Zeros on pages of their own: aligned as JAX needs them, and given back when let go."""
    size = int(np.prod(shape))
    memory = mmap.mmap(-1, max(1, size * dtype.itemsize))
    return np.frombuffer(memory, dtype, size).reshape(shape)


def _embed_on_device(chunks: Iterable[Jets], beta: ArrayLike, omega: str, cells: int) -> Embedding:
    """The same through `embed`, which has derivatives in β, one bucket at a time."""
    parts: list[Embedding] = []
    place: list[np.ndarray] = []
    begin = 0
    for chunk in chunks:
        for index, bucket in bucket_by_multiplicity(chunk):
            parts.append(embed(spectral_function(bucket, beta, omega), cells))
            place.append(begin + index)
        begin += len(chunk)
    order = np.argsort(np.concatenate(place))
    vectors, residual, rounding = (
        jnp.concatenate([getattr(part, name) for part in parts])[order]
        for name in ("vectors", "residual", "rounding")
    )
    return Embedding(vectors, residual, rounding, parts[0].beta, omega)
