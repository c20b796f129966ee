"""New quark, gluon and W jets in chunks that survive an interruption."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from smearjax.jets.container import Jets
from smearjax.jets.files import load_jets, write_whole
from smearjax.jets.npz import read_npz, write_npz
from smearjax.jets.pythia import COMMON, KINDS, import_generators, make_jets

PER_PARTICLE = ("pt", "y", "phi", "pid")
PER_JET = ("label", "jet", "parton")


@dataclass(frozen=True)
class GenerateConfig:
    """What `generate_jets` makes: pp → Z(→νν) + jet at 14 TeV with Pythia 8 and FastJet.

    Source: the process and cuts (GeV) of EnergyFlow's quark/gluon jets, see `generate_jets`.

    Raises:
        ValueError: a number out of its range.

    Example:
        >>> GenerateConfig(n_quark=100, n_gluon=100, mpi=False).settings()
        ('PartonLevel:MPI = off',)
    """

    out: Path = Path("qg_jets.npz")
    """The npz file to write; finished chunks wait beside it in a folder with .parts appended."""

    n_quark: int = 10_000
    """Number of quark jets (label 1), from q g → Z + u, d or s."""

    n_gluon: int = 10_000
    """Number of gluon jets (label 0), from q q̄ → Z g."""

    n_w: int = 0
    """Number of W jets (label 1), from q q̄′ → Z W(→ud): two prongs, so a scale of √2 m_W."""

    seed: int = 0
    """Same seed, same chunk size, same numbers and settings: same jets."""

    chunk: int = 500
    """Jets in a chunk; an interruption costs at most one chunk."""

    mpi: bool = True
    """Multiparton interactions."""

    hadronisation: bool = True
    """Hadrons; without it pid holds quarks and gluons."""

    alpha_s: float | None = None
    """Strong coupling of the final-state shower at the Z mass; Pythia's default is 0.1365."""

    early_veto: bool = True
    """Give up hopeless events early: 4 to 5 times faster, loses .5 % of the gluon jets."""

    def __post_init__(self) -> None:
        numbers = (self.n_quark, self.n_gluon, self.n_w)
        if min(numbers) < 0 or sum(numbers) == 0:
            raise ValueError(
                f"n_quark is {self.n_quark}, n_gluon {self.n_gluon}, n_w {self.n_w}; expected at "
                "least one jet"
            )
        if self.chunk < 1 or self.seed < 0:
            raise ValueError(f"chunk is {self.chunk}, seed {self.seed}; expected ≥ 1 and ≥ 0")
        if self.alpha_s is not None and not 0.0 < self.alpha_s < 0.25:
            raise ValueError(f"alpha_s is {self.alpha_s}; expected a number between 0 and 0.25")
        if Path(self.out).suffix != ".npz":
            raise ValueError(f"out is {str(self.out)!r}; expected a name that ends in .npz")

    def settings(self) -> tuple[str, ...]:
        """Lines for Pythia beyond the common ones; `alpha_s` is dimensionless.

        Raises nothing. Source: the settings of Pythia 8.

        Example:
            >>> GenerateConfig(hadronisation=False, alpha_s=0.12).settings()
            ('HadronLevel:all = off', 'TimeShower:alphaSvalue = 0.12')
        """
        lines = {
            "PartonLevel:MPI = off": not self.mpi,
            "HadronLevel:all = off": not self.hadronisation,
            f"TimeShower:alphaSvalue = {self.alpha_s}": self.alpha_s is not None,
        }
        return tuple(line for line, wanted in lines.items() if wanted)


def generate_jets(config: GenerateConfig) -> Jets:
    """Make quark, gluon or W jets, write them to ``config.out``, and return them.

    The process, selection and generator settings are those of the embedded sample and, up to
    Pythia's version, of the public EnergyFlow set (arXiv:1810.05165): the hardest
    anti-kT R = 0.4 jet, 500 ≤ pT ≤ 550 GeV, |y| < 1.7. About 30 ms of CPU a jet.

    A chunk of jets depends on the configuration, the kind and the chunk's number only. Each is
    written when it is finished, so a run that was killed goes on where it stopped and ends with
    the same file. The file is in smearjax's layout with ``jet`` (N, 4) = pt, y, phi, mass,
    ``parton`` (PDG number) and ``info`` (JSON) beside it; classes are shuffled.

    Args:
        config: what to make.

    Returns:
        Jets with pid and label.

    Raises:
        ImportError: Pythia or FastJet is missing (pip install 'smearjax[pythia]').
        FileExistsError: the file, or the folder of chunks, was made with another configuration.
        FileNotFoundError: the directory to write to does not exist.

    Example:
        >>> generate_jets(GenerateConfig(out=Path("jets.npz"), n_quark=0, n_gluon=0))
        Traceback (most recent call last):
        ...
        ValueError: n_quark is 0, n_gluon 0, n_w 0; expected at least one jet
    """
    out = Path(config.out).expanduser()
    parts = out.with_name(out.name + ".parts")
    settings = {name: value for name, value in asdict(config).items() if name != "out"}
    if out.exists():
        if _info(out).get("config") == settings:
            return load_jets(out)
        raise FileExistsError(f"{str(out)!r} exists and was made otherwise; choose another name")
    if not out.parent.is_dir():
        raise FileNotFoundError(f"there is no directory {str(out.parent)!r} to write to")
    import_generators()
    _claim(parts, settings)
    arrays = _shuffled(_all_chunks(config, parts), np.random.default_rng(config.seed))
    info = {
        "config": settings,
        "common": COMMON,
        "process": {name: kind.lines for name, kind in KINDS.items()},
        "extra": config.settings(),
    }
    write_whole(out, write_npz, arrays | {"info": np.array(json.dumps(info))})
    shutil.rmtree(parts)
    return load_jets(out)


def chunk_seed(seed: int, kind: str, number: int) -> int:
    """Pythia's seed (1 to 900,000,000) for one chunk.

    Args:
        seed: the run's seed.
        kind: quark, gluon or w.
        number: the chunk's number within its kind.

    Returns:
        A whole number; different chunks get unrelated ones.

    Example:
        >>> 1 <= chunk_seed(seed=0, kind="quark", number=0) <= 900_000_000
        True
    """
    words = np.random.SeedSequence([seed, KINDS[kind].seed_word, number]).generate_state(
        1, np.uint64
    )
    return int(words[0] % 900_000_000) + 1


def _claim(parts: Path, settings: dict[str, object]) -> None:
    """Make the folder of chunks, or check that it is this run's."""
    note = parts / "config.json"
    if note.exists() and json.loads(note.read_text()) != settings:
        raise FileExistsError(
            f"{str(parts)!r} holds chunks of another configuration; delete it or choose another out"
        )
    parts.mkdir(exist_ok=True)
    note.write_text(json.dumps(settings))


def _all_chunks(config: GenerateConfig, parts: Path) -> list[dict[str, np.ndarray]]:
    """Every chunk, from its file if it was finished before, made and written otherwise."""
    from tqdm import tqdm

    chunks = []
    with tqdm(total=config.n_quark + config.n_gluon + config.n_w, unit="jet", desc="jets") as bar:
        for kind, number, n_jets in _plan(config):
            path = parts / f"{kind}_{number:05d}.npz"
            if path.exists():
                bar.update(n_jets)
            else:
                seed = chunk_seed(config.seed, kind, number)
                made = make_jets(
                    n_jets, kind, seed, config.settings(), config.early_veto, bar.update
                )
                write_whole(path, write_npz, made)
            with open(path, "rb") as file:
                chunks.append(read_npz(file))
    return chunks


def _plan(config: GenerateConfig) -> Iterator[tuple[str, int, int]]:
    """Kind, number and size of every chunk."""
    for kind, total in (("quark", config.n_quark), ("gluon", config.n_gluon), ("w", config.n_w)):
        for number, start in enumerate(range(0, total, config.chunk)):
            yield kind, number, min(config.chunk, total - start)


def _shuffled(
    chunks: list[dict[str, np.ndarray]], rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """All chunks' jets in one random order, as flat arrays."""
    counts = np.concatenate([np.diff(chunk["offsets"]) for chunk in chunks])
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    order = rng.permutation(len(counts))
    offsets = np.concatenate([[0], np.cumsum(counts[order])])
    particle = np.arange(offsets[-1]) + np.repeat(starts[order] - offsets[:-1], counts[order])
    joined = {name: np.concatenate([c[name] for c in chunks]) for name in PER_PARTICLE + PER_JET}
    arrays = {name: joined[name][particle] for name in PER_PARTICLE}
    arrays |= {name: joined[name][order] for name in PER_JET}
    return arrays | {"offsets": offsets}


def _info(path: Path) -> dict[str, object]:
    """The settings that a file of jets was made with, if it says so."""
    with open(path, "rb") as file:
        arrays = read_npz(file)
    return json.loads(str(arrays["info"])) if "info" in arrays else {}
