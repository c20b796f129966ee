"""Where jets come from: padded arrays, lists, awkward arrays, files, Pythia; checked on entry."""

from smearjax.jets.buckets import BUCKET_SIZES as BUCKET_SIZES
from smearjax.jets.buckets import bucket_by_multiplicity as bucket_by_multiplicity
from smearjax.jets.buckets import pack_left as pack_left
from smearjax.jets.checks import JetsError as JetsError
from smearjax.jets.checks import UnitsWarning as UnitsWarning
from smearjax.jets.chunks import read_jets_in_chunks as read_jets_in_chunks
from smearjax.jets.container import Jets as Jets
from smearjax.jets.files import load_jets as load_jets
from smearjax.jets.files import save_jets as save_jets
from smearjax.jets.generation import GenerateConfig as GenerateConfig
from smearjax.jets.generation import generate_jets as generate_jets
from smearjax.jets.splitting import concatenate as concatenate
from smearjax.jets.splitting import split as split
from smearjax.jets.splitting import split_rows as split_rows
from smearjax.jets.subjets import subjets as subjets
from smearjax.jets.transforms import center as center
from smearjax.jets.transforms import normalise as normalise
from smearjax.jets.transforms import wrap as wrap

__all__ = [
    "BUCKET_SIZES",
    "GenerateConfig",
    "Jets",
    "JetsError",
    "UnitsWarning",
    "bucket_by_multiplicity",
    "center",
    "concatenate",
    "generate_jets",
    "load_jets",
    "normalise",
    "pack_left",
    "read_jets_in_chunks",
    "save_jets",
    "split",
    "split_rows",
    "subjets",
    "wrap",
]
