"""What long.txt lists is there: a test that was renamed would no longer be slow."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_every_line_names_a_test_or_what_has_a_doctest():
    lines = (ROOT / "tests" / "long.txt").read_text("utf-8").splitlines()
    listed = [line for line in lines if not line.startswith("#")]
    assert listed == list(dict.fromkeys(listed))
    for line in listed:
        path, name = line.split("::")
        last = name.split("[")[0].split(".")[-1]
        text = (ROOT / path).read_text("utf-8")
        assert f"def {last}(" in text or f"class {last}" in text, line
