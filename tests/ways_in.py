"""Five jets, and every way in which they can enter smearjax."""

import awkward as ak
import h5py
import numpy as np
import uproot

from smearjax.jets import Jets, load_jets

COUNTS = (3, 1, 4, 2, 5)


def good():
    """Five ragged jets with everything."""
    rng = np.random.default_rng(3)
    return {
        "pt": [rng.uniform(50, 200, n) for n in COUNTS],
        "y": [rng.normal(0, 0.2, n) for n in COUNTS],
        "phi": [rng.normal(1, 0.2, n) for n in COUNTS],
        "pid": [np.full(n, 211) for n in COUNTS],
        "label": np.array([1, 0, 1, 1, 0]),
        "weight": np.array([1.0, -0.5, 2.0, 1.0, 1.0]),
    }


def padded(column):
    width = max((len(jet) for jet in column), default=1)
    rows = [
        np.concatenate([jet, np.zeros(width - len(jet), np.asarray(jet).dtype)]) for jet in column
    ]
    return np.array(rows)


def by_constructor(jets, _):
    return Jets(**{k: v if k in ("label", "weight") else padded(v) for k, v in jets.items()})


def by_lists(jets, _):
    return Jets.from_lists(**jets)


def flat(jets):
    offsets = np.concatenate([[0], np.cumsum([len(jet) for jet in jets["pt"]])]).astype(np.int64)
    columns = {k: v if k in ("label", "weight") else np.concatenate(v) for k, v in jets.items()}
    return columns | {"offsets": offsets}


def by_flat(jets, _):
    return Jets.from_flat(**flat(jets))


def awkward(column):
    return ak.unflatten(np.concatenate(column), [len(jet) for jet in column])


def by_awkward(jets, _):
    columns = {k: v if k in ("label", "weight") else awkward(v) for k, v in jets.items()}
    return Jets.from_awkward(columns.pop("pt"), **columns)


def by_records(jets, _):
    fields = {k: awkward(jets[k]) for k in ("pt", "y", "phi", "pid")}
    return Jets.from_awkward(ak.zip(fields), label=jets["label"], weight=jets["weight"])


def by_npz(jets, folder):
    np.savez(folder / "jets.npz", **flat(jets))
    return load_jets(folder / "jets.npz")


def by_hdf5(jets, folder):
    with h5py.File(folder / "jets.h5", "w") as file:
        for name, array in flat(jets).items():
            file[name] = array
    return load_jets(folder / "jets.h5")


def stacked(jets):
    X = np.stack([padded(jets[name]) for name in ("pt", "y", "phi", "pid")], axis=-1)
    return {"X": X, "y": np.asarray(jets["label"])}


def by_energyflow_npz(jets, folder):
    np.savez(folder / "ef.npz", **stacked(jets))
    return load_jets(folder / "ef.npz")


def by_energyflow_hdf5(jets, folder):
    with h5py.File(folder / "ef.h5", "w") as file:
        for name, array in stacked(jets).items():
            file[name] = array
    return load_jets(folder / "ef.h5")


def by_root(jets, folder):
    columns = {k: v if k in ("label", "weight") else awkward(v) for k, v in jets.items()}
    with uproot.recreate(folder / "jets.root") as file:
        file["jets"] = columns
    return load_jets(folder / "jets.root")


WAYS_IN = [
    by_constructor,
    by_lists,
    by_flat,
    by_awkward,
    by_records,
    by_npz,
    by_hdf5,
    by_energyflow_npz,
    by_energyflow_hdf5,
    by_root,
]
NO_WEIGHTS = [by_energyflow_npz, by_energyflow_hdf5]
