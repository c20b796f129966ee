"""A mixture of scales, learned on the training jets, beside single resolutions."""

from __future__ import annotations

import numpy as np

from smearjax.analysis.performance import auc_gain, by_class, cross_entropy, interval, rows_of
from smearjax.analysis.sections.ground import Ground, Section
from smearjax.evaluate import auc
from smearjax.smearing import learn_mixture

_SCALES = 9


def mixture(ground: Ground) -> Section:
    """Weights with errors; AUC and cross-entropy of the test jets, mixed and at each single ε.

    The validation jets only say which single ε is the best, and the test jets measure.
    """
    config, test, rows = ground.config, ground.test, ground.parts
    train = ground.full.restrict(rows["train"])
    scales = np.geomspace(config.epsilon_min, config.epsilon_max, _SCALES)
    learned = learn_mixture(train, ground.jets[rows["validation"]], scales, seed=config.seed)
    query = train.queries(ground.full.leave_one_out.points[rows["test"]])
    ratio = np.asarray(train.log_ratio(query, learned.epsilon), np.float64)
    score = learned.offset + learned.weight @ ratio
    single = [
        interval("auc", auc, (one,), test, config.seed) | cross_entropy(one, test, config.seed)
        for one in ratio
    ]
    best = int(np.argmin(learned.single))
    columns = {
        "epsilon_gev": learned.epsilon,
        "weight": learned.weight,
        "weight_err": learned.weight_err,
        "validation_cross_entropy": learned.single,
        **{name: [one[name] for one in single] for name in single[0]},
    }
    record = {
        "n_jets": by_class(ground.jets[rows["train"]]),
        "offset": learned.offset,
        "rows": rows_of(columns),
        "mixed": {
            "validation_cross_entropy": learned.cross_entropy,
            **interval("auc", auc, (score,), test, config.seed),
            **cross_entropy(score, test, config.seed),
            **auc_gain(score, ratio[best], test, config.seed),
        },
        "best_single": {"epsilon_gev": float(learned.epsilon[best]), **single[best]},
    }
    return Section(record, {"mixture of scales": score})
