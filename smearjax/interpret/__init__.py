"""What a score knows: reference observables to hold against it."""

from smearjax.interpret.observables import OBSERVABLES as OBSERVABLES
from smearjax.interpret.observables import girth as girth
from smearjax.interpret.observables import jet_mass as jet_mass
from smearjax.interpret.observables import multiplicity as multiplicity

__all__ = ["OBSERVABLES", "girth", "jet_mass", "multiplicity"]
