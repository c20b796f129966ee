"""What is installed, which devices JAX sees, and what is missing for which feature."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

CORE = (
    "jax", "jaxlib", "numpy", "scipy", "optax", "equinox", "jaxtyping", "h5py", "matplotlib",
    "jinja2", "tqdm", "tyro", "opt_einsum", "scikit-learn", "threadpoolctl",
)  # fmt: skip
# Extra → what it is for, and the distributions without which that does not work.
EXTRAS: dict[str, tuple[str, tuple[str, ...]]] = {
    "pythia": ("make new jets: smearjax generate", ("pythia8mc", "fastjet")),
    "energyflow": ("download the public jets: load_jets('energyflow-qg')", ("energyflow",)),
    "awkward": ("read ROOT trees and awkward arrays", ("awkward", "uproot", "vector")),
    "cuda12": ("compute on NVIDIA GPUs", ("jax-cuda12-plugin", "jax-cuda12-pjrt")),
}


def diagnose() -> dict[str, Any]:
    """Look at this installation; nothing is changed and nothing is fetched.

    Returns:
        `versions` (None where a package is absent), `devices` (platform and kind of each that JAX
        sees), `device_error` (why JAX sees none, or None), `x64` (whether float64 is on by
        default), `extras` (for each: `feature`, `installed` versions, `missing`, `install`),
        `machine` (`system`, `cores` this process may use, `memory_gb` it may use, or None) and
        `advice` (what to do, in sentences).

    Examples:
        >>> found = diagnose()
        >>> sorted(found)
        ['advice', 'device_error', 'devices', 'extras', 'machine', 'versions', 'x64']
        >>> found["machine"]["cores"] >= 1
        True
    """
    import jax

    devices, trouble = _devices()
    versions: dict[str, str | None] = {
        "smearjax": own_version(),
        "python": platform.python_version(),
    }
    versions |= {name: _version(name) for name in CORE}
    extras = {name: _extra(name) for name in EXTRAS}
    return {
        "versions": versions,
        "devices": devices,
        "device_error": trouble,
        "x64": bool(jax.config.read("jax_enable_x64")),
        "extras": extras,
        "machine": {
            "system": f"{platform.system()} {platform.machine()}",
            "cores": _cores(),
            "memory_gb": _memory_gb(),
        },
        "advice": _advice(versions, devices, trouble, has_nvidia=Path("/dev/nvidia0").exists()),
    }


def own_version() -> str:
    """Say which smearjax this is.

    Returns:
        The installed version, or that there is none.

    Examples:
        >>> own_version()
        '...'
    """
    return _version("smearjax") or "(from source, not installed)"


def describe(found: Mapping[str, Any]) -> str:
    """Write a diagnosis for people.

    Args:
        found: What `diagnose` returns.

    Returns:
        Lines of text.

    Raises:
        KeyError: A part of the diagnosis is missing.

    Examples:
        >>> print(describe(diagnose()))
        smearjax ...
    """
    versions, machine = found["versions"], found["machine"]
    memory = "unknown" if machine["memory_gb"] is None else f"{machine['memory_gb']:.0f} GB"
    lines = [
        f"smearjax {versions['smearjax']} · Python {versions['python']} · {machine['system']}",
        "",
    ]
    lines += _table("Machine", [("cores", str(machine["cores"])), ("memory", memory)])
    seen = [
        (f"device {i}", f"{d['platform']}, {d['kind']}") for i, d in enumerate(found["devices"])
    ]
    seen = seen or [("devices", f"none: {found['device_error']}")]
    x64 = "on" if found["x64"] else "off (float32 by default)"
    lines += _table("JAX", [*seen, ("float64", x64)])
    packages = [(n, v or "MISSING") for n, v in versions.items() if n not in {"smearjax", "python"}]
    lines += _table("Packages", packages)
    rows = []
    for name, extra in found["extras"].items():
        state = "ready" if not extra["missing"] else f"missing {', '.join(extra['missing'])}"
        rows.append((name, f"{extra['feature']}\n{state}" + _remedy(extra)))
    lines += _table("Extras", rows)
    lines += _table("Advice", [("", text) for text in found["advice"] or ["nothing to mend"]])
    return "\n".join(lines).rstrip()


def _remedy(extra: Mapping[str, Any]) -> str:
    """The command that supplies what an extra lacks, if anything."""
    return f": {extra['install']}" if extra["missing"] else ""


def _table(title: str, rows: Sequence[tuple[str, str]]) -> list[str]:
    """A titled block of lines, names on the left, indented; a blank line after it."""
    width = max(len(name) for name, _ in rows)
    indent = " " * (width + 4 if width else 2)
    body = [f"  {name:<{width}}  {text}" if width else f"  {text}" for name, text in rows]
    return [title, *(line.replace("\n", f"\n{indent}") for line in body), ""]


def _version(distribution: str) -> str | None:
    """Installed version of a distribution, None if there is none."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def _extra(name: str) -> dict[str, Any]:
    """What is there and what is missing for one extra."""
    feature, needs = EXTRAS[name]
    versions = {need: _version(need) for need in needs}
    return {
        "feature": feature,
        "installed": {need: version for need, version in versions.items() if version},
        "missing": [need for need, version in versions.items() if not version],
        "install": f"pip install 'smearjax[{name}]'",
    }


def _devices() -> tuple[list[dict[str, str]], str | None]:
    """The devices JAX sees, or none and the reason."""
    import jax

    try:
        devices = jax.devices()
    except RuntimeError as error:
        return [], str(error).splitlines()[0]
    return [{"platform": d.platform, "kind": d.device_kind} for d in devices], None


def _cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _memory_gb() -> float | None:
    """Memory in 10⁹ bytes that this process may use, None where the system does not say."""
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None
    limit = Path("/sys/fs/cgroup/memory.max")
    text = limit.read_text().strip() if limit.is_file() else "max"
    return min(total, int(text) if text.isdigit() else total) / 1e9


def _advice(
    versions: Mapping[str, str | None],
    devices: Sequence[Mapping[str, str]],
    trouble: str | None,
    has_nvidia: bool,
) -> list[str]:
    """What to do about what was found."""
    advice = []
    lacking = [name for name in CORE if versions[name] is None]
    if lacking:
        advice.append(f"{', '.join(lacking)} should be there: pip install --upgrade smearjax")
    if trouble:
        advice.append("JAX found no device; unset JAX_PLATFORMS, or install what it names")
    if has_nvidia and all(device["platform"] == "cpu" for device in devices):
        advice.append("this machine has an NVIDIA GPU that JAX does not use: "
                      f"{_extra('cuda12')['install']}")  # fmt: skip
    return advice
