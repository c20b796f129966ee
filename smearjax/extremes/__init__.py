"""Extreme values: how near the nearest jets are, how dense the space is, how both go with N."""

from smearjax.extremes.leading_log import LeadingLog as LeadingLog
from smearjax.extremes.neighbourhoods import Neighbourhoods as Neighbourhoods
from smearjax.extremes.neighbourhoods import neighbourhood_fit as neighbourhood_fit
from smearjax.extremes.pair_distribution import PairCurve as PairCurve
from smearjax.extremes.pair_distribution import PairDistribution as PairDistribution
from smearjax.extremes.pair_distribution import pair_distribution as pair_distribution
from smearjax.extremes.scaling import Scaling as Scaling
from smearjax.extremes.scaling import ScalingCurve as ScalingCurve
from smearjax.extremes.scaling import scaling as scaling

__all__ = [
    "LeadingLog",
    "Neighbourhoods",
    "PairCurve",
    "PairDistribution",
    "Scaling",
    "ScalingCurve",
    "neighbourhood_fit",
    "pair_distribution",
    "scaling",
]
