"""How much memory there is, and a refusal, with numbers, of what would not fit into it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import jax

_CGROUPS = Path("/sys/fs/cgroup")


def expect_room(on_device: Mapping[str, int], on_host: Mapping[str, int], way_out: str) -> None:
    """Raise MemoryError unless these bytes are still free, each device holding `on_device`.

    Args:
        on_device: what every device is about to hold, and its bytes.
        on_host: what this process is about to hold besides.
        way_out: what to do if it does not fit.
    """
    free = free_on_device()
    if free is None:
        # The devices are this host's cores, and their memory is its memory.
        many = jax.local_device_count()
        on_device = {name: many * size for name, size in on_device.items()}
        on_host = {**on_device, **on_host}
    else:
        _expect(on_device, free, "on the device", way_out)
    _expect(on_host, free_on_host(), "on this host", way_out)


def _expect(parts: Mapping[str, int], free: int, where: str, way_out: str) -> None:
    """Raise MemoryError if the parts are more than what is free."""
    total = sum(parts.values())
    if total > free:
        listed = ", ".join(f"{name} {size:,}" for name, size in parts.items())
        raise MemoryError(
            f"this needs {total:,} bytes {where} ({listed}) and {free:,} are free; {way_out}"
        )


def free_on_device() -> int | None:
    """Bytes free on the fullest of this process's devices; None where the host's memory counts."""
    stats = [device.memory_stats() for device in jax.local_devices()]
    known = [s["bytes_limit"] - s["bytes_in_use"] for s in stats if s and "bytes_limit" in s]
    return min(known) if known else None


def free_on_host() -> int:
    """Bytes that this process can still use: what the machine has, or what its job may use."""
    return max(0, min([_free_in_machine(), *_free_in_groups()]))


def _free_in_machine() -> int:
    """Free memory and what the system would give back of its caches."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        return next(1024 * int(line.split()[1]) for line in lines if line.startswith("MemAvail"))
    except (OSError, StopIteration):
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _own_groups() -> list[str]:
    """The control groups that this process is in, a line each."""
    try:
        return Path("/proc/self/cgroup").read_text().splitlines()
    except OSError:
        return []


def _free_in_groups() -> Iterator[int]:
    """What each control group around this process (a SLURM job, a container) has left."""
    for _, controllers, path in (line.split(":", 2) for line in _own_groups()):
        if controllers not in ("", "memory"):
            continue
        root = _CGROUPS / controllers
        names = ("memory.max", "memory.current", "inactive_file")
        if controllers:
            names = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
        inside = root / path.lstrip("/")
        for group in (inside, *inside.parents):
            yield from _left(group, *names)
            if group == root:
                break


def _left(group: Path, limit: str, used: str, cache: str) -> Iterator[int]:
    """The limit of one group less what it uses, files that can be read again not counted."""
    try:
        most = (group / limit).read_text().strip()
        if most == "max":
            return
        stats = dict(line.split() for line in (group / "memory.stat").read_text().splitlines())
        yield int(most) - int((group / used).read_text()) + int(stats.get(cache, 0))
    except (OSError, ValueError):
        return
