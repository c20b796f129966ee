"""Processes joined on localhost: each gets the whole result, and the same as one process alone."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from on_processes import EPSILON, everything

from smearjax import SmearedLikelihood, load_jets, save_jets
from smearjax._processes import join_launched, was_launched

SCRIPT = Path(__file__).with_name("on_processes.py")


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("localhost", 0))
        return one.getsockname()[1]


def joined(commands: list[list[str]], environments: list[dict[str, str]]) -> list[str]:
    """Start all, wait for all, and give what each printed."""
    running = [
        subprocess.Popen(
            [sys.executable, *command],
            env=os.environ | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for command, environment in zip(commands, environments, strict=True)
    ]
    try:
        printed = [process.communicate(timeout=900)[0] for process in running]
    finally:
        for process in running:
            process.kill()
    assert [process.returncode for process in running] == [0] * len(running), "\n".join(printed)
    return printed


def run(processes: int, jets: int, folder: Path) -> list[dict[str, np.ndarray]]:
    """What each of so many processes found, by JAX's own variables."""
    address = f"localhost:{free_port()}"
    commands, environments = [], []
    for rank in range(processes):
        # A folder within a file can only be touched by a process that does not try.
        own = folder / "scan" if rank == 0 else SCRIPT / "scan"
        commands.append([str(SCRIPT), str(jets), str(own), str(folder / f"{rank}.npz")])
        environments.append(
            {
                "JAX_COORDINATOR_ADDRESS": address,
                "JAX_NUM_PROCESSES": str(processes),
                "JAX_PROCESS_ID": str(rank),
            }
        )
    joined(commands, environments)
    found = []
    for rank in range(processes):
        with np.load(folder / f"{rank}.npz") as stored:
            found.append(dict(stored))
    return found


@pytest.fixture(
    scope="module",
    params=[
        pytest.param((2, 300), id="2 processes", marks=pytest.mark.slow),
        pytest.param((2, 4000), id="2 processes, all jets", marks=pytest.mark.slow),
        pytest.param((4, 3000), id="4 processes", marks=pytest.mark.slow),
    ],
)
def found(request, tmp_path_factory):
    """(what each process found, what one alone finds)"""
    processes, jets = request.param
    several = run(processes, jets, tmp_path_factory.mktemp("processes"))
    alone = everything(SmearedLikelihood(load_jets("sample")[:jets]))
    return several, alone


def test_processes_were_joined(found):
    several, _ = found
    assert [one["first"] for one in several] == [True] + [False] * (len(several) - 1)
    assert all(one["devices"] == len(several) for one in several)


def test_every_process_gets_the_same(found):
    several, _ = found
    for other in several[1:]:
        for name in other.keys() - {"first", "refused folder"}:
            np.testing.assert_array_equal(other[name], several[0][name], err_msg=name)


def test_counts_are_those_of_one_process(found):
    several, alone = found
    np.testing.assert_array_equal(several[0]["counts"], alone["counts"])


def test_everything_else_is_that_of_one_process_to_rounding(found):
    """Where the last bit may go is said in `test_devices`."""
    several, alone = found
    for name in alone.keys() - {"counts"}:
        largest = np.abs(alone[name]).max()
        np.testing.assert_allclose(
            several[0][name], alone[name], rtol=0, atol=1e-6 * largest, err_msg=name
        )


def test_a_scan_is_the_pass_itself_and_resumes_to_the_same_bits(found):
    several, _ = found
    for one in several:
        largest = np.abs(one["log ratio"]).max()
        np.testing.assert_allclose(one["scan"], one["log ratio"], rtol=0, atol=1e-6 * largest)
        np.testing.assert_array_equal(one["resumed scan"], one["scan"])


def test_all_processes_refuse_what_one_must_refuse(found):
    several, _ = found
    for one in several:
        assert "differs in epsilon" in str(one["refused folder"])
        assert "the processes differ in" in str(one["refused disagreement"])


def slurm(processes: int) -> list[dict[str, str]]:
    """What srun tells each of its tasks."""
    port = str(free_port())
    return [
        {
            "JAX_COORDINATOR_PORT": port,
            "SLURM_JOB_ID": "7",
            "SLURM_STEP_NODELIST": "localhost",
            "SLURM_NTASKS": str(processes),
            "SLURM_STEP_NUM_TASKS": str(processes),
            "SLURM_PROCID": str(rank),
            "SLURM_LOCALID": str(rank),
        }
        for rank in range(processes)
    ]


@pytest.mark.slow
def test_the_command_line_joins_the_tasks_of_srun(tmp_path):
    """All devices share the pass; the first task alone shows bars, writes and says where."""
    script = Path(__file__).with_name("on_slurm.py")
    folders = [tmp_path / "first", tmp_path / "second"]
    first, second = joined([[str(script), str(out)] for out in folders], slurm(2))
    pairs = re.search(r", (\d+) pairs", first)[1]
    assert f"2 of 2 devices, bars True, {pairs} pairs" in first
    assert f"2 of 2 devices, bars False, {pairs} pairs" in second
    assert str(folders[0] / "report.html") in first
    assert "report" not in second
    assert (folders[0] / "report.html").exists()
    assert not folders[1].exists()


@pytest.mark.slow
def test_an_analysis_by_the_tasks_of_srun_is_that_of_one_process(tmp_path):
    """The same answer, and the same numbers to rounding and to what a network makes of it."""
    save_jets(tmp_path / "few.npz", load_jets("sample")[:400])
    words = [str(tmp_path / "few.npz"), "--quick", "--n-epsilon", "5", "--epochs", "1", "--out"]
    command = ["-m", "smearjax", "analyze", *words]
    joined([[*command, str(tmp_path / "several")]] * 2, slurm(2))
    joined([[*command, str(tmp_path / "alone")]], [{}])
    several, alone = (
        json.loads((tmp_path / name / "result.json").read_text()) for name in ("several", "alone")
    )
    assert several["answer"] == alone["answer"]
    for name in ("R", "minus_dR_dlneps"):
        got, expected = (
            [row[name] for row in r["information_per_lnepsilon"]] for r in (several, alone)
        )
        np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, False),
        ({"SLURM_JOB_ID": "7", "SLURM_NTASKS": "4"}, False),  # sbatch's own shell: no srun
        ({"SLURM_JOB_ID": "7", "SLURM_STEP_NUM_TASKS": "1"}, False),
        ({"SLURM_JOB_ID": "7", "SLURM_STEP_NUM_TASKS": "4"}, True),
        ({"OMPI_COMM_WORLD_SIZE": "2"}, True),
        ({"JAX_NUM_PROCESSES": "2"}, True),
        ({"JAX_NUM_PROCESSES": "1"}, False),
        ({"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, False),  # a notebook in a pod
    ],
)
def test_only_several_processes_of_one_step_are_a_launch(environment, expected):
    assert was_launched(environment) is expected


def test_a_number_that_is_none_is_refused_by_name():
    with pytest.raises(ValueError, match="JAX_NUM_PROCESSES is 'two'"):
        was_launched({"JAX_NUM_PROCESSES": "two"})


def test_the_case_is_not_trivial(found):
    several, _ = found
    assert len(np.unique(several[0]["counts"])) > 10
    assert EPSILON.size == 2


def test_processes_that_cannot_find_one_another_say_what_to_set(monkeypatch):
    monkeypatch.setenv("OMPI_COMM_WORLD_SIZE", "2")
    with pytest.raises(ValueError, match="JAX_COORDINATOR_ADDRESS=host:port"):
        join_launched()
