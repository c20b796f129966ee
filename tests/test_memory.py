"""What is free, and the refusal of what is not."""

from __future__ import annotations

from types import SimpleNamespace

import jax
import pytest

from smearjax import _memory
from smearjax._memory import expect_room, free_on_host


def test_something_is_free_but_not_everything():
    assert 1e7 < free_on_host() < 1e15


def test_bytes_and_the_way_out_are_named(monkeypatch):
    monkeypatch.setattr(_memory, "free_on_host", lambda: 1000)
    expect_room({"vectors": 600}, {"result": 400}, "buy more")
    with pytest.raises(
        MemoryError,
        match=r"needs 1,001 bytes on this host \(vectors 600, result 401\) and 1,000 are free; buy",
    ):
        expect_room({"vectors": 600}, {"result": 401}, "buy more")


def test_devices_with_memory_of_their_own(monkeypatch):
    """The fullest of them decides, and the host is asked for its own part only."""
    free, full = (
        SimpleNamespace(memory_stats=lambda used=used: {"bytes_limit": 900, "bytes_in_use": used})
        for used in (0, 500)
    )
    monkeypatch.setattr(jax, "local_devices", lambda: [free, full])
    monkeypatch.setattr(_memory, "free_on_host", lambda: 50)
    expect_room({"vectors": 400}, {"result": 50}, "")
    with pytest.raises(MemoryError, match="401 bytes on the device"):
        expect_room({"vectors": 401}, {}, "")
    with pytest.raises(MemoryError, match="51 bytes on this host"):
        expect_room({"vectors": 400}, {"result": 51}, "")


@pytest.mark.parametrize(
    ("line", "files"),
    [
        (
            "0::/job/step",
            {
                "job/memory.max": "5000",
                "job/memory.current": "4000",
                "job/memory.stat": "anon 7\ninactive_file 300",
                "job/step/memory.max": "max",
                "job/step/memory.current": "10",
                "job/step/memory.stat": "anon 7",
            },
        ),
        (
            "4:memory:/job",
            {
                "memory/job/memory.limit_in_bytes": "5000",
                "memory/job/memory.usage_in_bytes": "4000",
                "memory/job/memory.stat": "total_inactive_file 300",
            },
        ),
    ],
)
def test_the_limit_of_a_job_counts(monkeypatch, tmp_path, line, files):
    """Either version of control groups; files that can be read again are free memory."""
    for name, content in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content + "\n")
    monkeypatch.setattr(_memory, "_CGROUPS", tmp_path)
    monkeypatch.setattr(_memory, "_own_groups", lambda: [line, "9:cpu:/job"])
    assert free_on_host() == 1300
