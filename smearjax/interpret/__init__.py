"""What a jet, a score or a network says: explanations, components, latent spaces."""

from smearjax.interpret.attribution.exchange import particle_groups as particle_groups
from smearjax.interpret.attribution.gradients import ParticleGradients as ParticleGradients
from smearjax.interpret.attribution.gradients import TransportSlopes as TransportSlopes
from smearjax.interpret.attribution.gradients import particle_gradients as particle_gradients
from smearjax.interpret.attribution.gradients import transport_slope as transport_slope
from smearjax.interpret.attribution.importance import Importance as Importance
from smearjax.interpret.attribution.importance import particle_importance as particle_importance
from smearjax.interpret.attribution.importance import (
    permutation_importance as permutation_importance,
)
from smearjax.interpret.attribution.integrated import IntegratedGradients as IntegratedGradients
from smearjax.interpret.attribution.integrated import integrated_gradients as integrated_gradients
from smearjax.interpret.attribution.replacements import Replacements as Replacements
from smearjax.interpret.attribution.replacements import draw_replacements as draw_replacements
from smearjax.interpret.attribution.replacements import (
    marginal_replacements as marginal_replacements,
)
from smearjax.interpret.attribution.shapley import ShapleyValues as ShapleyValues
from smearjax.interpret.attribution.shapley import shapley_values as shapley_values
from smearjax.interpret.attribution.surrogate import Surrogate as Surrogate
from smearjax.interpret.attribution.surrogate import surrogate as surrogate
from smearjax.interpret.explain import explain as explain
from smearjax.interpret.explanation import Explanation as Explanation
from smearjax.interpret.explanation import Flip as Flip
from smearjax.interpret.guiding.guidance import Guidance as Guidance
from smearjax.interpret.guiding.guidance import GuidingStep as GuidingStep
from smearjax.interpret.guiding.guide import guide as guide
from smearjax.interpret.latent import EffectiveDimension as EffectiveDimension
from smearjax.interpret.latent import effective_dimension as effective_dimension
from smearjax.interpret.latent import latent_filters as latent_filters
from smearjax.interpret.latent import latent_importance as latent_importance
from smearjax.interpret.log_angularity import LogAngularity as LogAngularity
from smearjax.interpret.log_angularity import fit_log_angularity as fit_log_angularity
from smearjax.interpret.low_rank import KarhunenLoeve as KarhunenLoeve
from smearjax.interpret.low_rank import karhunen_loeve as karhunen_loeve
from smearjax.interpret.neighbourhood import Neighbourhood as Neighbourhood
from smearjax.interpret.rank_information import RankInformation as RankInformation
from smearjax.interpret.rank_information import information_by_rank as information_by_rank
from smearjax.interpret.robustness.attack_curve import AttackCurve as AttackCurve
from smearjax.interpret.robustness.attack_curve import attack_curve as attack_curve
from smearjax.interpret.robustness.flips import Flips as Flips
from smearjax.interpret.robustness.flips import flips as flips
from smearjax.interpret.robustness.isometries import IsometryAttack as IsometryAttack
from smearjax.interpret.robustness.isometries import isometry_attack as isometry_attack
from smearjax.interpret.robustness.neighbours import with_neighbours as with_neighbours
from smearjax.interpret.robustness.noise import NoiseCurve as NoiseCurve
from smearjax.interpret.robustness.noise import noise_curve as noise_curve

__all__ = [
    "AttackCurve",
    "EffectiveDimension",
    "Explanation",
    "Flip",
    "Flips",
    "Guidance",
    "GuidingStep",
    "Importance",
    "IntegratedGradients",
    "IsometryAttack",
    "KarhunenLoeve",
    "LogAngularity",
    "Neighbourhood",
    "NoiseCurve",
    "ParticleGradients",
    "RankInformation",
    "Replacements",
    "ShapleyValues",
    "Surrogate",
    "TransportSlopes",
    "attack_curve",
    "draw_replacements",
    "effective_dimension",
    "explain",
    "fit_log_angularity",
    "flips",
    "guide",
    "information_by_rank",
    "integrated_gradients",
    "isometry_attack",
    "karhunen_loeve",
    "latent_filters",
    "latent_importance",
    "marginal_replacements",
    "noise_curve",
    "particle_gradients",
    "particle_groups",
    "particle_importance",
    "permutation_importance",
    "shapley_values",
    "surrogate",
    "transport_slope",
    "with_neighbours",
]
