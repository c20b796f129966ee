"""A metric learned by gradient, and how it classifies."""

from __future__ import annotations

import numpy as np

from smearjax.analysis.performance import by_class, cross_entropy, rows_of
from smearjax.analysis.sections.ground import Ground, Section
from smearjax.metric import embed_jets
from smearjax.metric.embedding import cell_edges
from smearjax.metric.weighted_space import cell_means
from smearjax.smearing import MetricConfig, learn_metric

_QUICK = MetricConfig(beta_steps=5, steps=30)


def metric(ground: Ground) -> Section:
    """β, ε and the shares along the quantile axis; cross-entropy and score of the test jets.

    Training jets are smeared over, validation jets only decide when to stop.
    """
    config, test = ground.config, ground.test
    train, validation = (ground.jets[ground.parts[part]] for part in ("train", "validation"))
    learned = learn_metric(
        train, validation, _QUICK if config.quick else None, seed=config.seed,
        progress=ground.progress,
    )  # fmt: skip
    likelihood = learned.likelihood(train)
    query = likelihood.queries(test)
    (shares,), cells = learned.shares, learned.space.cells
    edges = cell_edges(cells)[:: cells // len(shares)]
    angle = np.asarray(cell_means(embed_jets(train, cells=cells), cells), np.float64)
    columns = {
        "u_low": edges[:-1],
        "u_high": edges[1:],
        "share": shares,
        "semd_share": np.diff(edges),
        "angle": angle.mean(axis=0).reshape(len(shares), -1).mean(axis=1),
    }
    record = {
        "n_jets": by_class(train),
        "numbers": len(learned.numbers) - 1,  # the shares sum to 1
        "beta": learned.numbers["beta"],
        "epsilon_gev": learned.epsilon,
        "validation_cross_entropy": learned.validation_cross_entropy,
        **cross_entropy(
            np.asarray(likelihood.log_ratio(query, learned.epsilon), np.float64), test, config.seed
        ),
        "empty_fraction": float(np.mean(likelihood.balls(query, learned.epsilon).empty)),
        "rows": rows_of(columns),
    }
    score = np.asarray(likelihood.score(query, learned.epsilon))[0]
    return Section(record, {"learned metric": score})
