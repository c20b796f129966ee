"""Trained classifiers to compare with."""

from smearjax.networks.efn import EFN as EFN
from smearjax.networks.inference import network_scores as network_scores
from smearjax.networks.losses import MLC as MLC
from smearjax.networks.losses import SQR as SQR
from smearjax.networks.losses import CrossEntropy as CrossEntropy
from smearjax.networks.losses import Loss as Loss
from smearjax.networks.losses import SquaredError as SquaredError
from smearjax.networks.storage import load_network as load_network
from smearjax.networks.storage import save_network as save_network
from smearjax.networks.training import TrainedNetwork as TrainedNetwork
from smearjax.networks.training import TrainingConfig as TrainingConfig
from smearjax.networks.training import train_efn as train_efn

__all__ = [
    "EFN",
    "MLC",
    "SQR",
    "CrossEntropy",
    "Loss",
    "SquaredError",
    "TrainedNetwork",
    "TrainingConfig",
    "load_network",
    "network_scores",
    "save_network",
    "train_efn",
]
