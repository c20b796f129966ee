"""Every figure of what the jets say, with one command, on one page.

    python experiments/figures.py                   # the 4,000 jets in the package
    python experiments/figures.py --data FOLDER     # hours; goes on where it was interrupted

FOLDER holds files of `smearjax generate` whose names contain nominal, hadoff, mpioff or as118; one
nominal file or more must be there. The scripts run one after the other, each into a folder of its
own under --out, where its measurements are kept. `index.html` shows all tables and figures,
`seconds.json` how long each script has worked on them.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

from jinja2 import Environment
from tqdm import tqdm

HERE = Path(__file__).parent
VARIATIONS = ("hadoff", "mpioff", "as118")
PAGE = Environment(autoescape=True).from_string("""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>smearjax: all figures</title>
<style>
body { font: 16px/1.5 sans-serif; margin: 2rem auto; max-width: 1200px; padding: 0 1rem }
pre { overflow-x: auto; font-size: 13px } img { width: 49%; min-width: 20rem; vertical-align: top }
</style>
<h1>What the jets say</h1>
{% for part in parts %}<h2>{{ part.title }}</h2>
<p><code>{{ part.command }}</code> ({{ part.seconds }} s)</p>
{% for image in part.images %}<a href="{{ image }}"><img src="{{ image }}" alt="{{ image }}"></a>
{% endfor %}<details><summary>Numbers</summary><pre>{{ part.table }}</pre></details>
{% endfor %}</html>
""")


def commands(folder: Path | None) -> dict[str, list[str]]:
    """Each script with its options."""
    if folder is None:
        files: dict[str, list[str]] = {"nominal": ["sample"]}
        few, test = ["--jets", "2000", "--seeds", "1"], []
    else:
        names = ("nominal", *VARIATIONS)
        files = {name: [str(p) for p in sorted(folder.glob(f"*{name}*.npz"))] for name in names}
        if not files["nominal"]:
            raise SystemExit(f"{folder} holds no file named *nominal*.npz")
        few, test = ["--jets", "2000", "6000", "18000"], []
        if len(files["nominal"]) > 1:
            test = ["--test", files["nominal"][-1]]
    every = ["--data", *files["nominal"]]
    train = ["--data", *(files["nominal"][:-1] if test else files["nominal"])]
    varied = [w for n in VARIATIONS if files.get(n) for w in (f"--{n}", files[n][0])]
    return {
        "real_jets": every,
        "extremes": every,
        "extrapolation": every,
        "mixture": every,
        "shower": ["--nominal", files["nominal"][0], *varied],
        "low_rank": ["--data", files["nominal"][0]],
        "learned_metric": [*train, *test, *few],
    }


def run(script: str, options: list[str], out: Path) -> None:
    """Run one script and note the time, also where it is interrupted."""
    path, begin = out / "seconds.json", time.perf_counter()
    seconds = json.loads(path.read_text()) if path.exists() else {}
    words = [sys.executable, str(HERE / f"{script}.py"), *options, "--out", str(out / script)]
    try:
        subprocess.run(words, check=True)
    finally:
        seconds[script] = seconds.get(script, 0.0) + time.perf_counter() - begin
        path.write_text(json.dumps(seconds, indent=1))


def write_page(plan: dict[str, list[str]], out: Path) -> Path:
    """All tables and figures that are there."""
    seconds = json.loads((out / "seconds.json").read_text())
    parts = [
        {
            "title": script.replace("_", " ").capitalize(),
            "command": f"experiments/{script}.py " + " ".join(Path(word).name for word in options),
            "seconds": f"{seconds[script]:.0f}",
            "images": [str(p.relative_to(out)) for p in sorted((out / script).glob("*.png"))],
            "table": (out / script / "table.txt").read_text(),
        }
        for script, options in plan.items()
    ]
    page = out / "index.html"
    page.write_text(PAGE.render(parts=parts))
    return page


def main() -> None:
    """Run what is missing, write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--data", type=Path, help="folder of jets; those in the package if not given"
    )
    parser.add_argument("--out", type=Path, default=Path("results/figures"))
    chosen = parser.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    plan = commands(chosen.data)
    for script, options in tqdm(plan.items(), desc="scripts"):
        run(script, options, chosen.out)
    total = sum(json.loads((chosen.out / "seconds.json").read_text()).values())
    print(f"{write_page(plan, chosen.out)} after {total / 60:.0f} minutes")


if __name__ == "__main__":
    main()
