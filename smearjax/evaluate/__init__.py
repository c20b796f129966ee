"""How well scores tell signal from background: sees scores, labels and weights, nothing else.

Label 1 is signal (quark), 0 background (gluon); a larger score means more signal-like.
"""

from smearjax.evaluate.bootstrap import Interval as Interval
from smearjax.evaluate.bootstrap import bootstrap_interval as bootstrap_interval
from smearjax.evaluate.bootstrap import bootstrap_weights as bootstrap_weights
from smearjax.evaluate.bootstrap import weighted_median as weighted_median
from smearjax.evaluate.learning_curve import LearningCurve as LearningCurve
from smearjax.evaluate.learning_curve import learning_curve as learning_curve
from smearjax.evaluate.ordering import ado as ado
from smearjax.evaluate.ordering import ado_matrix as ado_matrix
from smearjax.evaluate.ordering import ado_where_different as ado_where_different
from smearjax.evaluate.roc import RocCurve as RocCurve
from smearjax.evaluate.roc import auc as auc
from smearjax.evaluate.roc import auc_columns as auc_columns
from smearjax.evaluate.roc import auc_difference as auc_difference
from smearjax.evaluate.roc import inverse_background_efficiency as inverse_background_efficiency
from smearjax.evaluate.roc import roc_curve as roc_curve
from smearjax.evaluate.soft_ordering import soft_ado as soft_ado

__all__ = [
    "Interval",
    "LearningCurve",
    "RocCurve",
    "ado",
    "ado_matrix",
    "ado_where_different",
    "auc",
    "auc_columns",
    "auc_difference",
    "bootstrap_interval",
    "bootstrap_weights",
    "inverse_background_efficiency",
    "learning_curve",
    "roc_curve",
    "soft_ado",
    "weighted_median",
]
