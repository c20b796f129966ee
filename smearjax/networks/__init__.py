"""Trained classifiers to compare with."""

from smearjax.networks.about_origin import AboutOrigin as AboutOrigin
from smearjax.networks.augmentation import Adversary as Adversary
from smearjax.networks.augmentation import Augmentation as Augmentation
from smearjax.networks.augmentation import Splits as Splits
from smearjax.networks.domain_weights import DomainWeights as DomainWeights
from smearjax.networks.domain_weights import domain_weights as domain_weights
from smearjax.networks.efn import EFN as EFN
from smearjax.networks.ensemble import Ensemble as Ensemble
from smearjax.networks.inference import latent_vectors as latent_vectors
from smearjax.networks.inference import network_scores as network_scores
from smearjax.networks.jet_network import JetNetwork as JetNetwork
from smearjax.networks.lipschitz_efn import LipschitzEFN as LipschitzEFN
from smearjax.networks.losses import MLC as MLC
from smearjax.networks.losses import SQR as SQR
from smearjax.networks.losses import CrossEntropy as CrossEntropy
from smearjax.networks.losses import Loss as Loss
from smearjax.networks.losses import SquaredError as SquaredError
from smearjax.networks.moment_efn import MomentEFN as MomentEFN
from smearjax.networks.pfn import PFN as PFN
from smearjax.networks.storage import load_network as load_network
from smearjax.networks.storage import save_network as save_network
from smearjax.networks.training import TrainedNetwork as TrainedNetwork
from smearjax.networks.training import train_network as train_network
from smearjax.networks.training_config import PUBLISHED as PUBLISHED
from smearjax.networks.training_config import TrainingConfig as TrainingConfig

__all__ = [
    "EFN",
    "MLC",
    "PFN",
    "PUBLISHED",
    "SQR",
    "AboutOrigin",
    "Adversary",
    "Augmentation",
    "CrossEntropy",
    "DomainWeights",
    "Ensemble",
    "JetNetwork",
    "LipschitzEFN",
    "Loss",
    "MomentEFN",
    "Splits",
    "SquaredError",
    "TrainedNetwork",
    "TrainingConfig",
    "domain_weights",
    "latent_vectors",
    "load_network",
    "network_scores",
    "save_network",
    "train_network",
]
