"""smearjax.cli: words in, exit status and messages out."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
import warnings
from dataclasses import asdict, dataclass
from pathlib import Path
from types import ModuleType

import pytest
from report_fixture import example_result

from smearjax.cli import COMMANDS, main
from smearjax.jets import GenerateConfig
from smearjax.report.figures import FIGURES, FORMATS
from smearjax.report.words import command


@dataclass(frozen=True)
class Config:
    """Stands for the configs of analyze and generate.

    Attributes:
        data: File or name of the jets.
        out: Folder to write to.
        seed: Seed of everything random.
        quick: Fewer of everything.
    """

    data: str = "sample"
    out: Path = Path("results")
    seed: int = 0
    quick: bool = False


@pytest.fixture
def blank_figures(monkeypatch):
    """Empty files in the place of figures, which take seconds."""
    blank = {name: dict.fromkeys(FORMATS, b"") for name in FIGURES}
    monkeypatch.setattr("smearjax.report.page.render_figures", lambda result: blank)


@pytest.fixture
def analysis(blank_figures, monkeypatch):
    """A module in the place of smearjax.analysis that records its calls."""
    module = ModuleType("smearjax.analysis")
    module.calls = []

    def analyze(config, progress):
        module.calls.append((config, progress))
        return example_result()

    module.AnalyzeConfig, module.analyze = Config, analyze
    monkeypatch.setitem(sys.modules, "smearjax.analysis", module)
    return module


def test_analyze_writes_the_report_and_says_where(analysis, tmp_path, capsys):
    out = tmp_path / "deep" / "out"
    assert main(["analyze", "my jets.npz", "--out", str(out), "--seed", "3", "--quick"]) == 0
    ((config, progress),) = analysis.calls
    assert (config.data, config.out, config.seed, config.quick) == ("my jets.npz", out, 3, True)
    assert isinstance(config, Config)
    assert progress is True
    printed = capsys.readouterr().out
    assert example_result()["answer"] in printed
    for path in (out / "report.html", out / "result.json", out / "figures"):
        assert path.exists()
        assert str(path) in printed


def test_analyze_has_defaults(analysis, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["analyze"]) == 0
    assert analysis.calls[0][0].data == "sample"
    assert (tmp_path / "results" / "report.html").exists()


def test_folder_is_tried_before_the_work(analysis, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert main(["analyze", "--out", str(tmp_path / "file")]) == 2
    assert analysis.calls == []
    assert capsys.readouterr().err.startswith("smearjax: ")


@pytest.mark.parametrize(
    "error",
    [
        ValueError("two jets are\n  empty"),
        FileNotFoundError("no file x.npz"),
        ImportError("no h5py: pip install h5py"),
        ConnectionError("no network"),
    ],
)
def test_what_a_user_can_mend_is_one_line(analysis, error, tmp_path, capsys):
    def analyze(config, progress):
        raise error

    analysis.analyze = analyze
    assert main(["analyze", "--out", str(tmp_path)]) == 2
    captured = capsys.readouterr()
    assert captured.err == f"smearjax: {' '.join(str(error).split())}\n"
    assert captured.out == ""


def test_defects_of_ours_keep_their_traceback(analysis, tmp_path):
    def analyze(config, progress):
        raise ZeroDivisionError

    analysis.analyze = analyze
    with pytest.raises(ZeroDivisionError):
        main(["analyze", "--out", str(tmp_path)])


def test_interrupt(analysis, tmp_path, capsys):
    def analyze(config, progress):
        raise KeyboardInterrupt

    analysis.analyze = analyze
    assert main(["analyze", "--out", str(tmp_path)]) == 130
    assert capsys.readouterr().err == "smearjax: interrupted\n"


@pytest.mark.slow
def test_report_makes_the_page_again(tmp_path, capsys):
    file = tmp_path / "result.json"
    file.write_text(json.dumps(example_result()), encoding="utf-8")
    assert main(["report", str(file), "--out", str(tmp_path / "again")]) == 0
    assert (tmp_path / "again" / "report.html").exists()
    assert example_result()["answer"] in capsys.readouterr().out


def test_report_of_an_incomplete_result(tmp_path, capsys):
    result = example_result()
    del result["best"]["auc_lo"]
    file = tmp_path / "result.json"
    file.write_text(json.dumps(result), encoding="utf-8")
    assert main(["report", str(file), "--out", str(tmp_path / "again")]) == 2
    assert capsys.readouterr().err == "smearjax: result.best: key 'auc_lo' is missing\n"
    assert main(["report", str(tmp_path / "none.json")]) == 2
    assert "none.json" in capsys.readouterr().err


def test_warnings_are_printed(analysis, tmp_path, capsys):
    def analyze(config, progress):
        return example_result() | {"warnings": ["few jets"]}

    analysis.analyze = analyze
    assert main(["analyze", "--out", str(tmp_path)]) == 0
    assert "Before you quote this: few jets\n" in capsys.readouterr().out


@pytest.mark.filterwarnings("always")
def test_python_warnings_are_one_line(analysis, tmp_path, capsys):
    def analyze(config, progress):
        warnings.warn("these look\nlike MeV", UserWarning, stacklevel=1)
        return example_result()

    analysis.analyze = analyze
    shown = warnings.showwarning
    assert main(["analyze", "--out", str(tmp_path)]) == 0
    assert capsys.readouterr().err == "smearjax: warning: these look like MeV\n"
    assert warnings.showwarning is shown


def test_generate(monkeypatch, tmp_path, capsys):
    made = []

    def generate_jets(config):
        made.append(config)
        return "Jets: 20"

    monkeypatch.setattr("smearjax.jets.generate_jets", generate_jets)
    out = tmp_path / "new.npz"
    words = ["generate", "--n-quark", "20", "--n-gluon", "0", "--no-mpi", "--out", str(out)]
    assert main(words) == 0
    assert made == [GenerateConfig(out=out, n_quark=20, n_gluon=0, mpi=False)]
    assert capsys.readouterr().out == f"Jets: 20\njets     {out}\n"
    assert main(["generate", "--n-quark", "-1"]) == 2
    assert "n_quark is -1" in " ".join(capsys.readouterr().err.split())


def test_doctor(capsys):
    assert main(["doctor"]) == 0
    printed = capsys.readouterr().out
    for words in ("Python", "jaxlib", "Extras", "cores", "device 0"):
        assert words in printed


def test_usage_names_every_command(capsys):
    assert main(["--help"]) == 0
    printed = capsys.readouterr().out
    assert main([]) == 2
    assert capsys.readouterr().out == printed
    assert {line.split()[0] for line in printed.splitlines() if line.startswith("  ")} == set(
        COMMANDS
    )


@pytest.mark.parametrize("words", ["analyze", "generate", "report", "doctor"])
def test_every_option_has_a_help_line(words, capsys):
    assert main([words, "--help"]) == 0
    printed = re.sub(r"[╭╮╰╯│─|+]|-{3,}", " ", capsys.readouterr().out)
    rows = re.split(r"\n {1,3}(?=-)", printed[printed.index("options") :])
    assert len(rows) > 1
    for row in rows[1:]:
        help_line = re.sub(r"\(default:.*\)", "", row, flags=re.DOTALL)
        spelled = [word for word in help_line.split() if re.match(r"[A-Za-z][a-z]+", word)]
        assert len(spelled) > 1, row


@pytest.mark.parametrize("sections", [("usual",), (), ("null", "jets"), ("all",)])
def test_the_real_config_survives_the_command_on_the_page(sections):
    from smearjax.analysis import AnalyzeConfig
    from smearjax.cli import _parse

    config = AnalyzeConfig(
        data="jets.npz", seed=3, quick=True, epsilon_max=50.0, pt_ref=525.0, sections=sections,
        variation="no hadrons.npz",
    )  # fmt: skip
    settings = {name: str(v) if name == "out" else v for name, v in vars(config).items()}
    words = shlex.split(command(settings).replace("\\\n", ""))
    again = _parse("analyze", AnalyzeConfig, words[2:], positional="data")
    assert vars(again) == vars(config)


def test_sections_on_the_command_line(capsys):
    from smearjax.analysis import AnalyzeConfig
    from smearjax.cli import _parse

    for words, sections in (("my.npz --sections null jets", ("null", "jets")),
                            ("--sections all --quick", ("all",)), ("--sections", ())):  # fmt: skip
        config = _parse("analyze", AnalyzeConfig, words.split(), positional="data")
        assert config.sections == sections
    assert main(["analyze", "--sections", "sorcery"]) == 2
    printed = capsys.readouterr().err
    assert "sections" in printed
    assert "sorcery" in printed


def test_command_on_the_page_gives_the_same_config(analysis, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = Config(data="my jets.npz", seed=12, quick=True)
    words = shlex.split(command(asdict(config)).replace("\\\n", " "))
    assert words[0] == "smearjax"
    assert main(words[1:]) == 0
    assert asdict(analysis.calls[0][0]) == asdict(config)


def test_options_have_help_lines(analysis, capsys):
    assert main(["analyze", "--help"]) == 0
    printed = capsys.readouterr().out
    for line in (
        "File or name of the jets",
        "Folder to write to",
        "Seed of everything",
        "Fewer of",
    ):
        assert line in printed


@pytest.mark.parametrize(
    "words", [["analyse"], ["analyze", "--sed", "1"], ["report"], ["doctor", "x"]]
)
def test_words_that_mean_nothing(analysis, words, capsys):
    assert main(words) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err != ""


def test_module_is_the_command():
    done = subprocess.run(
        [sys.executable, "-m", "smearjax", "--version"],
        capture_output=True, text=True, check=False, cwd=Path(__file__).parent.parent,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("smearjax ")


def test_help_imports_nothing_heavy():
    code = (
        "import sys; from smearjax.cli import main; main(['--help']); "
        "heavy = {'matplotlib', 'jinja2', 'tyro', 'h5py', 'sklearn', 'energyflow'}; "
        "sys.exit(', '.join(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True, text=True, check=False, cwd=Path(__file__).parent.parent,
    )  # fmt: skip
    assert done.stderr.strip() == ""
