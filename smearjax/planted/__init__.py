"""Jets whose classes differ at scales that we chose: known answers for any instrument."""

from smearjax.planted.closed_form import kappa as kappa
from smearjax.planted.closed_form import plant_curves as plant_curves
from smearjax.planted.nuisance import cores as cores
from smearjax.planted.nuisance import few_emissions as few_emissions
from smearjax.planted.plants import Plant as Plant
from smearjax.planted.plants import PlantedJets as PlantedJets
from smearjax.planted.plants import plant as plant
from smearjax.planted.plants import plant_at as plant_at

__all__ = [
    "Plant",
    "PlantedJets",
    "cores",
    "few_emissions",
    "kappa",
    "plant",
    "plant_at",
    "plant_curves",
]
