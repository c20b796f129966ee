"""The main job: from labelled jets to the scales at which they differ, beside a trained network."""

from smearjax.analysis.config import AnalyzeConfig as AnalyzeConfig
from smearjax.analysis.run import analyze as analyze
from smearjax.analysis.train import TrainConfig as TrainConfig
from smearjax.analysis.train import train as train

__all__ = ["AnalyzeConfig", "TrainConfig", "analyze", "train"]
