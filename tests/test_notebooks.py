"""The notebooks: script and notebook say the same, hold no outputs, and run from top to bottom."""

from __future__ import annotations

from pathlib import Path

import jupytext
import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = Path(__file__).resolve().parents[1] / "notebooks"
SCRIPTS = sorted(FOLDER.glob("*.py"))

every_script = pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)


def read_pair(script):
    return jupytext.read(script), nbformat.read(script.with_suffix(".ipynb"), as_version=4)


def cells(notebook):
    return [(cell.cell_type, cell.source) for cell in notebook.cells]


@every_script
def test_script_and_notebook_are_in_sync(script):
    written, stored = read_pair(script)
    remedy = f"run: jupytext --sync notebooks/{script.name}"
    assert stored.metadata.jupytext["formats"] == "ipynb,py:percent"
    assert cells(written) == cells(stored), remedy


@every_script
def test_notebook_is_valid_and_holds_no_outputs(script):
    _, stored = read_pair(script)
    nbformat.validate(stored)
    code = [cell for cell in stored.cells if cell.cell_type == "code"]
    assert code
    assert not any(cell.outputs or cell.execution_count for cell in code)


@pytest.mark.slow
@every_script
def test_notebook_runs_without_a_warning_and_shows_every_figure(script):
    _, notebook = read_pair(script)
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(FOLDER)}}).execute()
    for cell in notebook.cells:
        outputs = cell.get("outputs", [])
        # The compiler, too, may write to stderr when the machine is busy: only warnings count.
        said = "".join(o.text for o in outputs if o.get("name") == "stderr")
        assert "Warning" not in said, f"{said} from\n{cell.source}"
        figures = sum("image/png" in o.get("data", {}) for o in outputs)
        assert cell.cell_type == "markdown" or figures == cell.source.count("plt.show()")
