"""Trained classifiers to compare with."""

from smearjax.networks.efn import EFN as EFN
from smearjax.networks.inference import network_scores as network_scores
from smearjax.networks.losses import cross_entropy as cross_entropy
from smearjax.networks.storage import load_network as load_network
from smearjax.networks.storage import save_network as save_network
from smearjax.networks.training import TrainedNetwork as TrainedNetwork
from smearjax.networks.training import TrainingConfig as TrainingConfig
from smearjax.networks.training import train_efn as train_efn

__all__ = [
    "EFN",
    "TrainedNetwork",
    "TrainingConfig",
    "cross_entropy",
    "load_network",
    "network_scores",
    "save_network",
    "train_efn",
]
