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


@pytest.mark.slow
def test_leptons_of_a_few_muons(tmp_path):
    """Muons are made; every method stands in the table with AUC and ADO, and in a figure."""
    pytest.importorskip("pythia8mc")
    script = str(FIGURES.with_name("leptons.py"))
    subprocess.run([sys.executable, script, "--out", str(tmp_path / "made")], check=True)
    table = (tmp_path / "made" / "table.txt").read_text()
    rows = {line[:30].strip(): line[30:] for line in table.splitlines()}
    for name in ("1 cone", "8 cones", "EFN", "PFN", "smeared, SEMD + s_µ"):
        value = float(rows[name].split()[0])
        assert 0.7 < value < 1.0, name
    assert "% empty" in rows["smeared, s_µ"]
    assert (tmp_path / "made" / "methods.png").exists()
    kept = {path: path.read_text() for path in (tmp_path / "made").glob("*.json")}
    assert len(kept) == 7
    subprocess.run([sys.executable, script, "--out", str(tmp_path / "made")], check=True)
    assert kept == {path: path.read_text() for path in (tmp_path / "made").glob("*.json")}
