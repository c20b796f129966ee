"""The command `smearjax`: analyze, train, compare, guide, explain, robustness, and others.

A command's options are the fields of the frozen dataclass that Python users pass too. Everything
heavy is imported by the command that needs it.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import MISSING, dataclass, field, make_dataclass
from pathlib import Path
from typing import Annotated, Any

_POSITIONAL = {
    "str": str,
    "Path": Path,
    "tuple[str, ...]": tuple[str, ...],
    "tuple[Path, ...]": tuple[Path, ...],
}
USER_ERRORS = (ValueError, OSError, ImportError, MemoryError, FloatingPointError)


@dataclass(frozen=True)
class ReportConfig:
    """Which result to make a page of, and where.

    Attributes:
        result: The result.json of an earlier analysis.
        out: Folder for report.html, result.json and the figures.

    Examples:
        >>> ReportConfig(Path("result.json")).out.name
        'results'
    """

    result: Path
    out: Path = Path("results")


@dataclass(frozen=True)
class CompareConfig:
    """Which networks to compare with the smeared likelihood, to look into or to attack.

    Attributes:
        networks: Files of networks, by `smearjax train` say.
        data: Jets that they have not seen: a file, or a name such as sample.
        out: Folder for report.html, result.json and the figures.
        seed: Seed of the split and the bootstrap.
        epochs: Most training epochs of the Energy Flow Network that is trained beside them.

    Examples:
        >>> CompareConfig((Path("network.eqx"),)).data
        'sample'
    """

    networks: tuple[Path, ...]
    data: str = "sample"
    out: Path = Path("results")
    seed: int = 0
    epochs: int = 40


@dataclass(frozen=True)
class DoctorConfig:
    """The doctor takes no options.

    Examples:
        >>> DoctorConfig()
        DoctorConfig()
    """


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: Words after `smearjax`; those of the process unless given.

    Returns:
        Exit status: 0 done; 2 the user can mend it, and one line on stderr says how; 130
        interrupted.

    Examples:
        >>> main(["--version"])
        smearjax ...
        0
    """
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _show_warning
            return _dispatch(words)
    except KeyboardInterrupt:
        print("smearjax: interrupted", file=sys.stderr)
        return 130
    except USER_ERRORS as error:
        print(f"smearjax: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except SystemExit as stop:  # how tyro ends after --help or a bad option
        return stop.code if isinstance(stop.code, int) else 2


def _show_warning(message: Warning | str, *where: object, **more: object) -> None:
    """Print a warning for people who do not care which line of ours gave it."""
    print(f"smearjax: warning: {' '.join(str(message).split())}", file=sys.stderr)


def _dispatch(words: list[str]) -> int:
    """Find the command that the first word names and hand it the others."""
    first = words[0] if words else ""
    if first == "--version":
        from smearjax.doctor import own_version

        print(f"smearjax {own_version()}")
    elif first in {"", "-h", "--help"}:
        print(_usage())
    elif first in COMMANDS:
        COMMANDS[first][1](words[1:])
    else:
        raise ValueError(f"no command {first!r}; choose one of {', '.join(COMMANDS)}")
    return 0 if first else 2


def _usage() -> str:
    """The text of `smearjax --help`."""
    rows = "\n".join(f"  {name:<12}{line}" for name, (line, _) in COMMANDS.items())
    return (
        "usage: smearjax COMMAND [OPTIONS]\n\nWhich energy scales does a jet classifier use?\n\n"
        f"{rows}\n\nsmearjax COMMAND --help lists a command's options; smearjax --version says "
        "which this is."
    )


def _analyze(words: list[str]) -> None:
    """Analyse jets and write the report: on all devices, and of several processes in the first."""
    import jax

    from smearjax._processes import is_first, join_launched
    from smearjax.analysis import AnalyzeConfig, analyze
    from smearjax.metric import device_mesh

    config = _parse("analyze", AnalyzeConfig, words, positional="data")
    join_launched()
    first = is_first()
    if first:
        # Found out now, and not after minutes of work.
        Path(config.out).mkdir(parents=True, exist_ok=True)
    with jax.set_mesh(device_mesh()) if jax.device_count() > 1 else nullcontext():
        result = analyze(config, progress=first)
    if first:
        _publish(result, config.out)


def _train(words: list[str]) -> None:
    """Train a network; print where it is and what it reaches."""
    from smearjax.analysis import TrainConfig, train
    from smearjax.report import write_training

    config = _parse("train", TrainConfig, words, positional="data")
    record, out = train(config, progress=True), Path(config.out)
    print(f"\n{write_training(record, out)}\n")
    for what, name in (("network", "network.eqx"), ("numbers", "training.json"),
                       ("figure", "training.png")):  # fmt: skip
        print(f"{what:<8} {out / name}")


def _compare(words: list[str]) -> None:
    """Analyse jets with trained networks beside; the page is that of analyze."""
    _analyze_networks("compare", "networks", words)


def _guide(words: list[str]) -> None:
    """Analyse jets and find the observables that trained networks use; the page is alike."""
    _analyze_networks("guide", "guiding", words)


def _explain(words: list[str]) -> None:
    """Analyse jets and say what the scores of trained networks hang on; the page is alike."""
    _analyze_networks("explain", "explanations", words)


def _robustness(words: list[str]) -> None:
    """Analyse jets and find how far they must move before trained networks decide otherwise."""
    _analyze_networks("robustness", "robustness", words)


def _analyze_networks(command: str, section: str, words: list[str]) -> None:
    """Analyse jets with a section on trained networks."""
    config = _parse(command, CompareConfig, words, positional="networks")
    if not config.networks:
        raise ValueError(f"no networks to {command}: give files that smearjax train wrote")
    asked = ("out", "seed", "epochs")
    options = [word for name in asked for word in (f"--{name}", str(getattr(config, name)))]
    files = map(str, config.networks)
    _analyze([config.data, "--sections", section, *options, "--networks", *files])


def _report(words: list[str]) -> None:
    """Make the page of an earlier result again."""
    from smearjax.report import load_result

    config = _parse("report", ReportConfig, words, positional="result")
    _publish(load_result(config.result), config.out)


def _generate(words: list[str]) -> None:
    """Make new jets."""
    from smearjax.jets import GenerateConfig, generate_jets

    config = _parse("generate", GenerateConfig, words)
    print(generate_jets(config))
    print(f"jets     {config.out}")


def _doctor(words: list[str]) -> None:
    """Say what is installed and what is missing."""
    from smearjax.doctor import describe, diagnose

    _parse("doctor", DoctorConfig, words)
    print(describe(diagnose()))


def _publish(result: dict[str, Any], out: str | Path) -> None:
    """Write the report; print the answer and where things are."""
    from smearjax.report import write_report

    page = write_report(result, out)
    cautions = "".join(f"Before you quote this: {text}\n" for text in result["warnings"])
    print(f"\n{result['answer']}\n{cautions}")
    print(f"report   {page}")
    print(f"numbers  {page.with_name('result.json')}")
    print(f"figures  {page.with_name('figures')}")


def _parse(command: str, config: type[Any], words: list[str], positional: str = "") -> Any:
    """Make a config from a command's words; the field named positional needs no flag."""
    import tyro

    if positional:
        # Configs know nothing of the command line, so the mark is put on a subclass.
        old = config.__dataclass_fields__[positional]
        kind = tyro.conf.Positional[_POSITIONAL[str(old.type)]]
        kind = Annotated[kind, tyro.conf.arg(metavar=positional.upper())]
        default = field() if old.default is MISSING else field(default=old.default)
        config = make_dataclass(
            config.__name__,
            [(positional, kind, default)],
            bases=(config,),
            frozen=True,
            namespace={"__doc__": config.__doc__},
        )
    line = COMMANDS[command][0]
    description = f"{line[0].upper()}{line[1:]}."
    return tyro.cli(config, prog=f"smearjax {command}", args=words, description=description)


COMMANDS: dict[str, tuple[str, Callable[[list[str]], None]]] = {
    "analyze": ("find the energy scales that tell quark from gluon jets; write a report", _analyze),
    "train": ("train a network to tell quark from gluon jets", _train),
    "compare": ("set trained networks beside the smeared likelihood; write a report", _compare),
    "guide": ("find the observables that trained networks use; write a report", _guide),
    "explain": ("say what the scores of trained networks hang on; write a report", _explain),
    "robustness": (
        "find by how many GeV jets must move to flip networks; write a report",
        _robustness,
    ),
    "report": ("make the report of an earlier result.json again", _report),
    "generate": ("make new quark and gluon jets with Pythia 8 and FastJet", _generate),
    "doctor": ("say what is installed, which devices JAX sees, and what is missing", _doctor),
}
