"""Scans: the same numbers as the passes, kept chunk by chunk, whatever happens in between."""

from __future__ import annotations

import logging
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import jax
import numpy as np
import on_scan
import pytest

from smearjax import SmearedLikelihood, _memory, load_jets
from smearjax.smearing import Gaussian, HardBall, Sigmoid
from smearjax.smearing.scan import QUANTITIES, scan

EPSILON = [8.0, 20.0]


@pytest.fixture(scope="module")
def likelihood():
    return SmearedLikelihood(load_jets("sample")[:300])


def chunks(folder: Path) -> list[Path]:
    return sorted(folder.glob("chunk-*.npz"))


@pytest.mark.parametrize(
    ("quantity", "kernel"),
    [("log_ratio", Gaussian()), ("log_density", Gaussian()), ("score", HardBall())],
)
def test_values_are_those_of_the_method(likelihood, tmp_path, quantity, kernel):
    """Chunks of 128, 128 and 44 jets."""
    like = likelihood.with_kernel(kernel)
    found = scan(like, None, EPSILON, tmp_path, quantity=quantity, rows_per_chunk=128)
    expected = np.asarray(getattr(like, quantity)(None, EPSILON))
    assert found.dtype == expected.dtype
    # Scores are rounded to 1e-5, so that ties are ties.
    np.testing.assert_allclose(found, expected, atol=1.1e-5 if quantity == "score" else 2e-6)
    assert len(chunks(tmp_path)) == 3


def test_value_and_slope(likelihood, tmp_path):
    found = scan(likelihood, None, 10.0, tmp_path, quantity="log_ratio_and_slope")
    slope = jax.jacfwd(lambda log_e: likelihood.log_ratio(None, np.e**log_e))(np.log(10.0))
    np.testing.assert_allclose(found[0, :, 0], likelihood.log_ratio(None, 10.0), atol=2e-6)
    np.testing.assert_allclose(found[0, :, 1], slope, atol=1e-5)
    assert np.ptp(slope) > 0.1


def test_other_jets(likelihood, tmp_path):
    jets = load_jets("sample")[300:400]
    found = scan(likelihood, jets, EPSILON, tmp_path, rows_per_chunk=30)
    np.testing.assert_allclose(found, likelihood.log_ratio(jets, EPSILON), atol=2e-6)


def kill_at(folder: Path, done: int) -> int:
    """Start a scan, kill it once so many chunks are there or a moment later; how many are left."""
    process = subprocess.Popen([sys.executable, on_scan.__file__, str(folder)])
    try:
        while len(chunks(folder)) < done:
            assert process.poll() is None, "the scan ended before it was killed"
            time.sleep(1e-3)
        time.sleep(random.uniform(0, 0.01))
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert process.returncode == -signal.SIGKILL
    return len(chunks(folder))


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
@pytest.mark.slow
def test_killed_twice_it_ends_in_the_same_bits(tmp_path):
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    total = on_scan.JETS // on_scan.ROWS
    first = kill_at(killed, random.randint(1, total // 3))
    kept = {path: path.stat().st_mtime_ns for path in chunks(killed)}
    second = kill_at(killed, first + random.randint(1, total // 3))
    assert first < second < total
    for path, when in kept.items():
        assert path.stat().st_mtime_ns == when, "a finished chunk was computed again"
    resumed = on_scan.begin(str(killed))
    np.testing.assert_array_equal(resumed, on_scan.begin(str(whole)))
    assert [path.name for path in sorted(killed.iterdir())] == [
        path.name for path in sorted(whole.iterdir())
    ]
    for path in chunks(whole):
        assert path.read_bytes() == (killed / path.name).read_bytes()


def test_killed_before_the_first_chunk(likelihood, tmp_path):
    (tmp_path / "scan.json.part").write_text("{")
    scan(likelihood, None, EPSILON, tmp_path)
    scan(likelihood, None, EPSILON, tmp_path)


def spoil_the_end(content: bytes) -> bytes:
    return content[: len(content) // 2]


def spoil_a_byte(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


def nothing(content: bytes) -> bytes:
    return b""


@pytest.mark.parametrize("spoil", [spoil_the_end, spoil_a_byte, nothing])
def test_damaged_chunks_are_computed_again(likelihood, tmp_path, spoil):
    expected = scan(likelihood, None, EPSILON, tmp_path, rows_per_chunk=128)
    path = chunks(tmp_path)[1]
    content = path.read_bytes()
    path.write_bytes(spoil(content))
    with pytest.warns(UserWarning, match=r"chunk-000001\.npz is damaged"):
        found = scan(likelihood, None, EPSILON, tmp_path, rows_per_chunk=128)
    np.testing.assert_array_equal(found, expected)
    assert path.read_bytes() == content


def test_a_chunk_of_another_scan_is_refused(likelihood, tmp_path):
    scan(likelihood, None, EPSILON, tmp_path / "one")
    scan(likelihood, None, [9.0, 20.0], tmp_path / "other")
    chunks(tmp_path / "one")[0].replace(chunks(tmp_path / "other")[0])
    with pytest.raises(ValueError, match=r"chunk-000000\.npz belongs to another scan"):
        scan(likelihood, None, [9.0, 20.0], tmp_path / "other")


def test_foreign_files_are_refused_and_left_alone(likelihood, tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(ValueError, match=r"'thesis\.tex' and no scan\.json"):
        scan(likelihood, None, EPSILON, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


@pytest.mark.parametrize("content", ["", "{", "[1, 2]", "7"])
def test_a_foreign_manifest_is_refused(likelihood, tmp_path, content):
    (tmp_path / "scan.json").write_text(content)
    with pytest.raises(ValueError, match="is no manifest of a scan"):
        scan(likelihood, None, EPSILON, tmp_path)


@pytest.mark.parametrize(
    ("what", "change"),
    [
        ("epsilon", {"epsilon": [8.0, 20.00001]}),
        ("quantity", {"quantity": "score"}),
        ("jets per chunk", {"rows_per_chunk": 100}),
        ("kernel", {"likelihood": lambda like: like.with_kernel(Gaussian())}),
        ("kernel", {"likelihood": lambda like: like.with_kernel(Sigmoid(0.6))}),
        ("query jets", {"query": lambda like: like.queries(load_jets("sample")[300:600])}),
        ("reference jets", {"likelihood": lambda like: like.restrict(np.arange(300)[::-1])}),
    ],
)
def test_another_scan_in_the_folder_is_refused_by_name(likelihood, tmp_path, what, change):
    like = likelihood.with_kernel(Sigmoid(0.5))
    arguments = {"quantity": "log_ratio", "rows_per_chunk": 128}
    scan(like, None, EPSILON, tmp_path, **arguments)
    epsilon = change.pop("epsilon", EPSILON)
    query = change.pop("query", lambda like: None)(like)
    like = change.pop("likelihood", lambda like: like)(like)
    with pytest.raises(ValueError, match=f"holds a scan that differs in .*{what}"):
        scan(like, query, epsilon, tmp_path, **(arguments | change))


def test_one_compilation_for_all_chunks_and_every_epsilon(likelihood, tmp_path, caplog):
    with jax.log_compiles(), caplog.at_level(logging.WARNING, logger="jax"):
        for k, epsilon in enumerate(([3.0, 7.0, 9.0], [4.0, 8.0, 10.0])):
            scan(likelihood, None, epsilon, tmp_path / str(k), rows_per_chunk=77)
    made = [r for r in caplog.records if r.getMessage().startswith("Compiling jit(_chunk)")]
    assert len(made) == 1


def test_no_room_is_said_before_anything_is_written(likelihood, tmp_path, monkeypatch):
    monkeypatch.setattr(_memory, "free_on_host", lambda: 10_000)
    folder = tmp_path / "never"
    with pytest.raises(MemoryError, match=r"one chunk [\d,]+, the result 2,400\) and 10,000 are"):
        scan(likelihood, None, EPSILON, folder)
    assert not folder.exists()
    with pytest.raises(MemoryError, match=r"vectors and copies .* use fewer jets"):
        scan(likelihood, load_jets("sample")[:300], EPSILON, folder)


def test_fewer_rows_a_chunk_need_less_room(likelihood, tmp_path, monkeypatch):
    """The way out that the message names is one."""
    asked = []
    module = sys.modules[scan.__module__]
    monkeypatch.setattr(module, "expect_room", lambda device, host, _: asked.append(device))
    for rows in (256, 128):
        scan(likelihood, None, np.geomspace(1, 50, 40), tmp_path / str(rows), rows_per_chunk=rows)
    large, small = (each["one chunk"] for each in asked if "one chunk" in each)
    assert small < large


def test_wrong_arguments(likelihood, tmp_path):
    with pytest.raises(ValueError, match=f"quantity must be one of {', '.join(QUANTITIES)}"):
        scan(likelihood, None, EPSILON, tmp_path, quantity="auc")
    with pytest.raises(ValueError, match="rows_per_chunk must be at least 1"):
        scan(likelihood, None, EPSILON, tmp_path, rows_per_chunk=0)
    hard = likelihood.with_kernel(HardBall())
    with pytest.raises(ValueError, match="HardBall has an edge"):
        scan(hard, None, EPSILON, tmp_path, quantity="log_ratio_and_slope")
    with pytest.raises(ValueError, match="epsilon"):
        scan(likelihood, None, [-1.0], tmp_path)
    assert list(tmp_path.iterdir()) == []
