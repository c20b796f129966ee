"""Numbers of a jet that have names: energy flow polynomials, angularities, subjets, shapes."""

from smearjax.observables.angularities import angularity as angularity
from smearjax.observables.angularities import girth as girth
from smearjax.observables.efp import efps as efps
from smearjax.observables.energy_correlators import c2 as c2
from smearjax.observables.energy_correlators import d2 as d2
from smearjax.observables.isolation import isolation as isolation
from smearjax.observables.library import ObservableLibrary as ObservableLibrary
from smearjax.observables.library import efp_library as efp_library
from smearjax.observables.library import named_library as named_library
from smearjax.observables.momentum import jet_mass as jet_mass
from smearjax.observables.momentum import multiplicity as multiplicity
from smearjax.observables.momentum import pt_dispersion as pt_dispersion
from smearjax.observables.multigraphs import Multigraph as Multigraph
from smearjax.observables.multigraphs import multigraphs as multigraphs
from smearjax.observables.reference import OBSERVABLES as OBSERVABLES
from smearjax.observables.shapes import line_distance as line_distance
from smearjax.observables.shapes import ring_distance as ring_distance
from smearjax.observables.substructure import n_subjettiness as n_subjettiness
from smearjax.observables.substructure import soft_drop_multiplicity as soft_drop_multiplicity

__all__ = [
    "OBSERVABLES",
    "Multigraph",
    "ObservableLibrary",
    "angularity",
    "c2",
    "d2",
    "efp_library",
    "efps",
    "girth",
    "isolation",
    "jet_mass",
    "line_distance",
    "multigraphs",
    "multiplicity",
    "n_subjettiness",
    "named_library",
    "pt_dispersion",
    "ring_distance",
    "soft_drop_multiplicity",
]
