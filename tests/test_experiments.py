"""One command makes all figures of the jets in the package; called again it measures nothing."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

FIGURES = Path(__file__).parents[1] / "experiments" / "figures.py"


@pytest.mark.slow
def test_all_figures_from_one_command(tmp_path):
    def seconds() -> float:
        subprocess.run([sys.executable, str(FIGURES), "--out", str(tmp_path)], check=True)
        return sum(json.loads((tmp_path / "seconds.json").read_text()).values())

    first = seconds()
    page = (tmp_path / "index.html").read_text()
    assert "real_jets/roc.png" in page
    for table in tmp_path.glob("*/table.txt"):
        assert table.read_text().splitlines()[-1] in page.replace("&lt;", "<").replace("&gt;", ">")
    numbers = {path: path.read_text() for path in tmp_path.glob("*/*.json")}
    assert len(numbers) > 20
    again = seconds() - first
    assert again < 0.5 * first
    assert numbers == {path: path.read_text() for path in tmp_path.glob("*/*.json")}


@pytest.mark.slow
def test_learning_curves_of_a_few_jets(tmp_path):
    """Two networks and the smeared likelihood on four small sizes: a table with fits, figures."""
    words = ["--networks", "EFN", "PFN-ID", "smeared likelihood", "--jets", "100", "200", "300"]
    words += ["400", "--seeds", "2", "--out", str(tmp_path)]
    script = str(FIGURES.with_name("networks.py"))
    subprocess.run([sys.executable, script, *words], check=True)
    table = (tmp_path / "table.txt").read_text()
    assert table.count(" ± ") > 24
    for name in ("EFN", "PFN-ID", "smeared likelihood"):
        assert f"{name:<20}C = " in table
    kept = {path: path.read_text() for path in tmp_path.glob("*.json")}
    assert len(kept) == 3 * 4 * 2
    subprocess.run([sys.executable, script, *words], check=True)
    assert kept == {path: path.read_text() for path in tmp_path.glob("*.json")}
    assert {path.name for path in tmp_path.glob("*.png")} == {"auc.png", "rejection.png"}
