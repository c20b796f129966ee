"""What a score knows: reference observables to hold against it."""

from smearjax.interpret.explain import explain as explain
from smearjax.interpret.explanation import Explanation as Explanation
from smearjax.interpret.explanation import Flip as Flip
from smearjax.interpret.low_rank import KarhunenLoeve as KarhunenLoeve
from smearjax.interpret.low_rank import karhunen_loeve as karhunen_loeve
from smearjax.interpret.neighbourhood import Neighbourhood as Neighbourhood
from smearjax.interpret.observables import OBSERVABLES as OBSERVABLES
from smearjax.interpret.observables import girth as girth
from smearjax.interpret.observables import jet_mass as jet_mass
from smearjax.interpret.observables import multiplicity as multiplicity
from smearjax.interpret.rank_information import RankInformation as RankInformation
from smearjax.interpret.rank_information import information_by_rank as information_by_rank

__all__ = [
    "OBSERVABLES",
    "Explanation",
    "Flip",
    "KarhunenLoeve",
    "Neighbourhood",
    "RankInformation",
    "explain",
    "girth",
    "information_by_rank",
    "jet_mass",
    "karhunen_loeve",
    "multiplicity",
]
