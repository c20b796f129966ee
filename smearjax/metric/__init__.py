"""How far apart two jets are."""

from smearjax.metric.angles import ANGLES as ANGLES
from smearjax.metric.cloud import BallCounts as BallCounts
from smearjax.metric.cloud import Cloud as Cloud
from smearjax.metric.cloud import Neighbours as Neighbours
from smearjax.metric.cloud import count_balls as count_balls
from smearjax.metric.cloud import find_neighbours as find_neighbours
from smearjax.metric.embedding import Embedding as Embedding
from smearjax.metric.embedding import distance_interval as distance_interval
from smearjax.metric.embedding import embed as embed
from smearjax.metric.exact import exact_squared_distances as exact_squared_distances
from smearjax.metric.origin_space import OriginSpace as OriginSpace
from smearjax.metric.origin_space import origin_space as origin_space
from smearjax.metric.pair_counts import PairCounts as PairCounts
from smearjax.metric.pair_counts import count_pairs as count_pairs
from smearjax.metric.pairs.devices import device_mesh as device_mesh
from smearjax.metric.semd import semd as semd
from smearjax.metric.semd import semd_distance as semd_distance
from smearjax.metric.space import Space as Space
from smearjax.metric.space import fit_space as fit_space
from smearjax.metric.spectral import PrecisionWarning as PrecisionWarning
from smearjax.metric.spectral import Spectra as Spectra
from smearjax.metric.spectral import spectral_function as spectral_function
from smearjax.metric.streaming import embed_jets as embed_jets
from smearjax.metric.sum_space import SumSpace as SumSpace
from smearjax.metric.sum_space import sum_space as sum_space
from smearjax.metric.weighted_space import WeightedSpace as WeightedSpace
from smearjax.metric.weighted_space import weighted_space as weighted_space

__all__ = [
    "ANGLES",
    "BallCounts",
    "Cloud",
    "Embedding",
    "Neighbours",
    "OriginSpace",
    "PairCounts",
    "PrecisionWarning",
    "Space",
    "Spectra",
    "SumSpace",
    "WeightedSpace",
    "count_balls",
    "count_pairs",
    "device_mesh",
    "distance_interval",
    "embed",
    "embed_jets",
    "exact_squared_distances",
    "find_neighbours",
    "fit_space",
    "origin_space",
    "semd",
    "semd_distance",
    "spectral_function",
    "sum_space",
    "weighted_space",
]
