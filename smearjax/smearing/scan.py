"""A long scan that survives being killed: chunks of jets, each kept on disk once it is done."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int
from tqdm import tqdm

from smearjax._expect import expect, expect_whole
from smearjax._memory import expect_room
from smearjax._numerics import ArrayLike
from smearjax._processes import expect_agreement, from_first, is_first
from smearjax._work_folder import digest, software
from smearjax.jets.container import Jets
from smearjax.metric.pairs.devices import devices_in_use, on_every_device
from smearjax.smearing import passes
from smearjax.smearing.checks import checked_epsilon
from smearjax.smearing.kernels import Kernel
from smearjax.smearing.likelihood import SmearedLikelihood
from smearjax.smearing.scan_folder import ScanFolder
from smearjax.smearing.sums import Classes, Queries, Rows

# Raised whenever the same arguments would give other bits or another layout on disk.
_FORMAT = "2"
_WAY_OUT = "use fewer rows_per_chunk, fewer epsilon or more devices"
# Chunks are multiples of so many jets, which wastes less than that in each.
_EVEN = 512

Quantity = Callable[[Kernel, Classes, Rows, Float[Array, " E"]], Array]


def _log_ratio_and_slope(
    kernel: Kernel, classes: Classes, rows: Rows, epsilon: Float[Array, " E"]
) -> Float[Array, "E R 2"]:
    """Ln L and ∂ ln L/∂ ln ε."""

    def at(log_epsilon: Array) -> Array:
        return passes.log_ratio(kernel, classes, rows, jnp.exp(log_epsilon))

    log_epsilon = jnp.log(epsilon)
    return jnp.stack(jax.jvp(at, (log_epsilon,), (jnp.ones_like(log_epsilon),)), axis=-1)


QUANTITIES: dict[str, Quantity] = {
    "log_ratio": passes.log_ratio,
    "log_ratio_and_slope": _log_ratio_and_slope,
    "score": passes.count_score,
    "log_density": passes.log_densities,
}


def scan(
    likelihood: SmearedLikelihood,
    query: Jets | Queries | None,
    epsilon: ArrayLike,
    folder: str | os.PathLike[str],
    *,
    quantity: str = "log_ratio",
    rows_per_chunk: int = 65536,
    progress: bool = False,
) -> np.ndarray:
    r"""A quantity of many jets at many ε, in chunks of jets, each kept on disk once it is done.

    - ``log_ratio``: ln L(x|ε), as `SmearedLikelihood.log_ratio`, (E, N);
    - ``log_ratio_and_slope``: ln L and ∂ ln L/∂ ln ε, (E, N, 2), in one pass;
    - ``score``: as `SmearedLikelihood.score`, (E, N);
    - ``log_density``: ln(n_c/W_c) of gluons and quarks, as `SmearedLikelihood.log_density`,
      (E, N, 2).

    Killed at any moment and called again with the same arguments, it goes on after the last chunk
    that was done and returns what it would have returned, to the last bit on the same kind and
    number of devices. Chunks are computed again if they are damaged.
    All devices share the work inside `with jax.set_mesh(device_mesh()):`, those of several
    processes too; process 0 then reads and writes the folder for all.

    Args:
        likelihood: R reference jets and the kernel.
        query: N jets, or `likelihood.queries(jets)`, or None for leave-one-out.
        epsilon: resolutions in GeV, a number or (E,).
        folder: a new or empty folder, or that of the same scan begun earlier. It takes
            4 bytes for each number of the result, or 8 in float64.
        quantity: one of the four above.
        rows_per_chunk: most jets in a chunk. A chunk is what is lost when the scan is killed, and
            what has to fit into memory beside the reference.
        progress: show a bar over jets.

    Returns:
        The whole quantity, dimensionless, jets in their order: (E, N) or (E, N, 2), E = 1 for a
        number.

    Raises:
        ValueError: no such quantity; a slope of a kernel with an edge; rows_per_chunk < 1; a folder
            with foreign files or another scan; as `SmearedLikelihood.log_ratio`.
        MemoryError: it would not fit; the message has the predicted bytes.

    Source: smearjax's own driver of the smearing of arXiv:2501.07643.

    >>> import tempfile
    >>> from smearjax import SmearedLikelihood, load_jets
    >>> from smearjax.smearing import scan
    >>> likelihood = SmearedLikelihood(load_jets("sample")[:300])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     scan(likelihood, None, [10.0, 20.0], folder)[:, 0].tolist()        # ε = 10 and 20 GeV
    [0.012, 0.265]
    """
    expect("likelihood", likelihood, SmearedLikelihood, "one made with SmearedLikelihood(jets)")
    expect("folder", folder, (str, os.PathLike), "the path of a folder")
    expect_whole("rows_per_chunk", rows_per_chunk, least=1)
    if not isinstance(quantity, str) or quantity not in QUANTITIES:
        raise ValueError(f"quantity must be one of {', '.join(QUANTITIES)}; got {quantity!r}")
    kernel = likelihood.kernel
    if quantity == "log_ratio_and_slope" and kernel.compact:
        raise ValueError(f"{type(kernel).__name__} has an edge, so ln L has no slope in epsilon")
    grid = checked_epsilon(epsilon, likelihood.pt_ref.dtype)
    query = likelihood.queries(query)
    size = _chunk_size(len(query), rows_per_chunk)
    asked = (kernel, likelihood.reference.classes, query.rows)
    identity = _identity(*asked, query.place, grid, quantity, size)
    expect_agreement("jets, kernel, epsilon or software", repr(identity).encode())
    expect_room({"copies on every device": _bytes_to_copy(asked)}, {}, "use devices with more")
    asked = on_every_device(asked)
    order = np.argsort(query.place)
    lowered = _chunk.lower(quantity, size, *asked, 0, grid)
    chunk, compiled = lowered.out_info, lowered.compile()
    shape = (chunk.shape[0], len(order), *chunk.shape[2:])
    expect_room(
        {"one chunk": _bytes_of_a_call(compiled)},
        {"the result": math.prod(shape) * chunk.dtype.itemsize},
        _WAY_OUT,
    )
    done = ScanFolder(folder, identity, chunk.shape, chunk.dtype)
    from_first(done.open)
    result = np.empty(shape, chunk.dtype)
    silent = not (progress and is_first())
    with tqdm(total=len(order), desc=quantity, unit="jet", disable=silent) as bar:
        for number, begin in enumerate(range(0, len(order), size)):
            jets = order[begin : begin + size]
            if kept := from_first(partial(done.read_chunk, number)):
                values = np.frombuffer(kept, chunk.dtype).reshape(chunk.shape)
            else:
                values = np.asarray(compiled(*asked, begin, grid))
                from_first(partial(done.write_chunk, number, values))
            result[:, jets] = values[:, : len(jets)]
            bar.update(len(jets))
    return result


@partial(jax.jit, static_argnames=("quantity", "size"))
def _chunk(
    quantity: str,
    size: int,
    kernel: Kernel,
    classes: Classes,
    rows: Rows,
    begin: Int[Array, ""],
    epsilon: Float[Array, " E"],
) -> Array:
    """The quantity of so many rows, which are neighbours of one another."""
    which = jnp.minimum(begin + jnp.arange(size), len(rows.points) - 1)
    part = jax.tree.map(lambda leaf: leaf[which], rows)
    return QUANTITIES[quantity](kernel, classes, part, epsilon)


def _chunk_size(jets: int, most: int) -> int:
    """Jets in a chunk: as many chunks as `most` asks for, but of one size, which compiles once."""
    count = max(1, -(-jets // most))
    even = -(-jets // count)
    return min(most, jets, -(-even // _EVEN) * _EVEN)


def _identity(
    kernel: Kernel,
    classes: Classes,
    rows: Rows,
    place: Int[np.ndarray, " N"],
    epsilon: Float[Array, " E"],
    quantity: str,
    size: int,
) -> dict[str, str]:
    """Everything that the values in a chunk depend on, by the name that an error gives it."""
    return {
        "format": _FORMAT,
        "quantity": quantity,
        "kernel": f"{type(kernel).__name__} {digest(kernel)}",
        "reference jets": digest(classes),
        "query jets": digest((rows, place)),
        "epsilon": digest(epsilon),
        "jets per chunk": str(size),
    } | software()


def _bytes_of_a_call(compiled: jax.stages.Compiled) -> int:
    """What a device holds during a call beside the arguments, by the compiler's own plan."""
    plan = compiled.memory_analysis()
    return plan.temp_size_in_bytes + plan.output_size_in_bytes if plan else 0


def _bytes_to_copy(tree: Any) -> int:
    """What `on_every_device` adds to a device."""
    many = devices_in_use()
    leaves = [leaf for leaf in jax.tree.leaves(tree) if isinstance(leaf, jax.Array)]
    return sum(leaf.nbytes for leaf in leaves if len(leaf.sharding.device_set) < many)
