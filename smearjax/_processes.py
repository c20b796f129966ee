"""One program run by many processes at once: how they find one another, and how they agree."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from importlib.util import find_spec

import jax
import numpy as np
from jax.experimental import multihost_utils

# How many processes a launcher started together, in the environment of each of them.
_SIZES = ("JAX_NUM_PROCESSES", "SLURM_STEP_NUM_TASKS", "OMPI_COMM_WORLD_SIZE")


def join_launched() -> None:
    """Join the processes that SLURM, Open MPI, Kubernetes or the user started together, if any.

    JAX finds the others by the launcher's variables, or at JAX_COORDINATOR_ADDRESS (host:port),
    with JAX_NUM_PROCESSES and JAX_PROCESS_ID. To be called before JAX computes anything.

    Raises:
        ValueError: a launcher started several processes and they do not find one another.
    """
    if jax.distributed.is_initialized() or not was_launched(os.environ):
        return
    size, rank = None, None
    if "JAX_COORDINATOR_ADDRESS" in os.environ:
        size = _number(os.environ, "JAX_NUM_PROCESSES", "OMPI_COMM_WORLD_SIZE")
        rank = _number(os.environ, "JAX_PROCESS_ID", "OMPI_COMM_WORLD_RANK")
    try:
        jax.distributed.initialize(num_processes=size, process_id=rank)
    except (ValueError, RuntimeError) as error:
        raise ValueError(
            f"several processes were started together but do not find one another ({error}); give "
            "each of them JAX_COORDINATOR_ADDRESS=host:port, JAX_NUM_PROCESSES and JAX_PROCESS_ID, "
            "or start one process"
        ) from error


def was_launched(environment: Mapping[str, str]) -> bool:
    """Whether a launcher started this process together with others."""
    if any((_number(environment, name) or 1) > 1 for name in _SIZES):
        return True
    # A pod of an indexed job; without the package (jax[k8s]) JAX cannot ask for the others.
    return "JOB_COMPLETION_INDEX" in environment and find_spec("kubernetes") is not None


def is_first() -> bool:
    """Whether this process is the one that writes files and speaks to the user."""
    return jax.process_index() == 0


def from_first(task: Callable[[], bytes | None]) -> bytes:
    """What the task gives in process 0, in every process; nobody goes on before it is done.

    Raises:
        ValueError: the task failed in process 0, where its own error is raised.
    """
    if jax.process_count() == 1:
        return task() or b""
    answer, error = b"", None
    if is_first():
        try:
            answer = task() or b""
        except Exception as caught:  # the others wait, and must hear of whatever it was
            answer, error = str(caught).encode(), caught
    size, failed = _broadcast(np.array([len(answer), error is not None], np.int32))
    filled = np.frombuffer(answer.ljust(size, b"\0"), np.uint8)
    answer = _broadcast(filled).tobytes() if size else b""
    if failed:
        raise error or ValueError(f"process 0: {answer.decode()}")
    return answer


def expect_agreement(name: str, digest: bytes) -> None:
    """Raise ValueError in every process unless all of them have the same digest."""
    if jax.process_count() == 1:
        return
    everyones = multihost_utils.process_allgather(np.frombuffer(digest, np.uint8))
    if (everyones != everyones[0]).any():
        raise ValueError(f"the processes differ in {name}; start all of them alike, on equal hosts")


def _broadcast(values: np.ndarray) -> np.ndarray:
    """The values of process 0."""
    return np.asarray(multihost_utils.broadcast_one_to_all(values))


def _number(environment: Mapping[str, str], *names: str) -> int | None:
    """The first of these variables that is there, as a whole number."""
    for name in names:
        if name in environment:
            try:
                return int(environment[name])
            except ValueError:
                raise ValueError(f"{name} is {environment[name]!r}; expected a number") from None
    return None
