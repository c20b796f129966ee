"""Likelihoods smeared over all jets within a resolution ε of one another."""

from smearjax.smearing.curves import EpsilonCurve as EpsilonCurve
from smearjax.smearing.curves import epsilon_curve as epsilon_curve
from smearjax.smearing.extrapolation import Extrapolation as Extrapolation
from smearjax.smearing.extrapolation import Limit as Limit
from smearjax.smearing.extrapolation import extrapolate as extrapolate
from smearjax.smearing.information import Information as Information
from smearjax.smearing.information import information as information
from smearjax.smearing.kernels import Epanechnikov as Epanechnikov
from smearjax.smearing.kernels import Gaussian as Gaussian
from smearjax.smearing.kernels import HardBall as HardBall
from smearjax.smearing.kernels import Sigmoid as Sigmoid
from smearjax.smearing.learned_metric import LearnedMetric as LearnedMetric
from smearjax.smearing.learned_metric import learn_metric as learn_metric
from smearjax.smearing.likelihood import SmearedLikelihood as SmearedLikelihood
from smearjax.smearing.metric_training import MetricConfig as MetricConfig
from smearjax.smearing.mixture import ScaleMixture as ScaleMixture
from smearjax.smearing.mixture import learn_mixture as learn_mixture
from smearjax.smearing.peaks import ScalePeak as ScalePeak
from smearjax.smearing.peaks import agreed_scales as agreed_scales
from smearjax.smearing.peaks import scale_peaks as scale_peaks
from smearjax.smearing.permutations import NullBand as NullBand
from smearjax.smearing.permutations import permuted as permuted
from smearjax.smearing.scales import ScaleSolution as ScaleSolution
from smearjax.smearing.scales import find_scales as find_scales
from smearjax.smearing.scan import scan as scan

__all__ = [
    "Epanechnikov",
    "EpsilonCurve",
    "Extrapolation",
    "Gaussian",
    "HardBall",
    "Information",
    "LearnedMetric",
    "Limit",
    "MetricConfig",
    "NullBand",
    "ScaleMixture",
    "ScalePeak",
    "ScaleSolution",
    "Sigmoid",
    "SmearedLikelihood",
    "agreed_scales",
    "epsilon_curve",
    "extrapolate",
    "find_scales",
    "information",
    "learn_metric",
    "learn_mixture",
    "permuted",
    "scale_peaks",
    "scan",
]
