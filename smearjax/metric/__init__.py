"""How far apart two jets are."""

from smearjax.metric.angles import ANGLES as ANGLES
from smearjax.metric.embedding import Embedding as Embedding
from smearjax.metric.embedding import distance_interval as distance_interval
from smearjax.metric.embedding import embed as embed
from smearjax.metric.semd import semd as semd
from smearjax.metric.semd import semd_distance as semd_distance
from smearjax.metric.spectral import PrecisionWarning as PrecisionWarning
from smearjax.metric.spectral import Spectra as Spectra
from smearjax.metric.spectral import spectral_function as spectral_function
from smearjax.metric.streaming import embed_jets as embed_jets

__all__ = [
    "ANGLES",
    "Embedding",
    "PrecisionWarning",
    "Spectra",
    "distance_interval",
    "embed",
    "embed_jets",
    "semd",
    "semd_distance",
    "spectral_function",
]
