"""Which energy scales does a jet classifier use?

Jets to spectral functions to distances (`semd`, `embed`), smeared likelihoods
(`SmearedLikelihood`), the scales that matter (`find_scales`, `information`), and an Energy Flow
Network (`EFN`) to set beside them.
"""

from smearjax.jets import Jets as Jets
from smearjax.jets import load_jets as load_jets
from smearjax.jets import save_jets as save_jets
from smearjax.metric import embed as embed
from smearjax.metric import semd as semd
from smearjax.metric import semd_distance as semd_distance
from smearjax.metric import spectral_function as spectral_function
from smearjax.networks import EFN as EFN
from smearjax.smearing import SmearedLikelihood as SmearedLikelihood
from smearjax.smearing import epsilon_curve as epsilon_curve
from smearjax.smearing import find_scales as find_scales
from smearjax.smearing import information as information

__all__ = [
    "EFN",
    "Jets",
    "SmearedLikelihood",
    "embed",
    "epsilon_curve",
    "find_scales",
    "information",
    "load_jets",
    "save_jets",
    "semd",
    "semd_distance",
    "spectral_function",
]
