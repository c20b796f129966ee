"""How fast jets become vectors, in memory and streamed from disk, and what memory that takes.

    python experiments/bench/embedding.py                    # the 4,000 jets in the package
    python experiments/bench/embedding.py --data FOLDER      # its *nominal*.npz

Jets per second of the best of seven runs and their ratio to the goal of 10,000 on two cores, with
the seconds that the first call compiled and the load on the machine; then all files once more from
disk, in a process of its own whose peak memory is compared with the embedding. JSON in the last
line.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import tempfile
import time
from itertools import chain
from pathlib import Path

import jax
import numpy as np

from smearjax.jets import Jets, load_jets, read_jets_in_chunks, save_jets
from smearjax.metric import embed_jets

GOAL = 10_000.0
RUNS = 7


def in_memory(jets: Jets) -> dict[str, float]:
    """Compilation, and the best of several runs on jets that were loaded before."""
    compiled: list[float] = []

    def note(event: str, seconds: float, **_) -> None:
        if event.startswith("/jax/core/compile"):
            compiled.append(seconds)

    jax.monitoring.register_event_duration_secs_listener(note)
    wall, cpu = [], []
    for _ in range(1 + RUNS):
        begin, begin_cpu = time.perf_counter(), time.process_time()
        jax.block_until_ready(embed_jets(jets).vectors)
        wall.append(time.perf_counter() - begin)
        cpu.append(time.process_time() - begin_cpu)
    rate = len(jets) / min(wall[1:])
    return {
        "jets": len(jets),
        "particles_per_jet": float(np.mean(jets.multiplicity)),
        "first_call_s": wall[0],
        "compilation_s": sum(compiled),
        "jets_per_s": rate,
        "over_the_goal": rate / GOAL,
        "core_us_per_jet": 1e6 * min(cpu[1:]) / len(jets),
    }


def peak_mb() -> float:
    """Most memory this process has had, MB; not ru_maxrss, which begins with the parent's peak."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def from_disk(paths: list[Path]) -> dict[str, float]:
    """All files in one pass: time, and memory above what one chunk of the first file took."""
    embed_jets(next(read_jets_in_chunks(paths[0])))
    before, begin = peak_mb(), time.perf_counter()
    vectors = embed_jets(chain.from_iterable(map(read_jets_in_chunks, paths))).vectors
    seconds = time.perf_counter() - begin
    return {
        "streamed_jets": len(vectors),
        "streamed_jets_per_s": len(vectors) / seconds,
        "embedding_mb": vectors.nbytes / 2**20,
        "peak_memory_above_one_chunk_mb": peak_mb() - before,
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="folder of *nominal*.npz (default: the sample)")
    folder: Path | None = parser.parse_args().data
    with tempfile.TemporaryDirectory() as scratch:
        if folder is None:
            folder = Path(scratch)
            save_jets(folder / "nominal.npz", load_jets("sample"))
        paths = sorted(folder.glob("*nominal*.npz"))
        if not paths:
            raise SystemExit(f"no *nominal*.npz in {folder}")
        with multiprocessing.get_context("spawn").Pool(1) as own:
            streamed = own.apply(from_disk, (paths,))
        figures = in_memory(load_jets(paths[0])) | streamed
    figures |= {"cores": os.cpu_count() or 1, "load_average": os.getloadavg()[0]}
    for name, value in figures.items():
        print(f"{name:<32}{value:12.4g}")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
