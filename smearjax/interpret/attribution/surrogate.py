"""An interpretable model fitted to a black box, and how alike the two are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike
from scipy.special import ndtri

from smearjax._expect import expect
from smearjax.evaluate import Interval, ado, auc, auc_difference, bootstrap_interval
from smearjax.evaluate.checks import as_scores, as_signal, as_weight
from smearjax.observables.library import ObservableLibrary

MODELS = ("tree", "linear")
_LEAST_JETS = 100
_LEVELS = 1000
_PENALTIES = np.geomspace(1e-3, 1e4, 15)


@dataclass(frozen=True)
class Surrogate:
    """A model on observables in place of a black box; called with (N, k) observables, it scores.

    Source: surrogate models; see `surrogate`.

    Attributes:
        model: "tree" or "linear".
        observables: the k names of what it sees, each in its own units.
        auc: its AUC, dimensionless like all that follows, on the jets kept for testing.
        ado: its ADO with the black box there; 1 if both order all pairs alike.
        black_box_auc: AUC of the black box there.
        gap: AUC of the black box less its own, from the same resampled jets.
        coefficients: of the linear model by name, for normal quantiles of score and observables;
            empty for trees.
        n_jets: number of jets to train on and to test on.
        fitted: scikit-learn's model.
    """

    model: str
    observables: tuple[str, ...]
    auc: Interval
    ado: Interval
    black_box_auc: Interval
    gap: Interval
    coefficients: dict[str, float]
    n_jets: tuple[int, int]
    fitted: Any = field(repr=False, compare=False)

    def __call__(self, values: ArrayLike) -> Float[np.ndarray, " N"]:
        """Normal quantiles of the black box's score as the model has them.

        Args:
            values: (N, k) observables in the order of `observables`, in their units.

        Returns:
            (N,) float64, dimensionless.

        Raises:
            ValueError: another number of observables.

        Source: the class.

        >>> rng = np.random.default_rng(0)
        >>> library = ObservableLibrary({"a": rng.normal(size=400), "b": rng.normal(size=400)})
        >>> made = surrogate(library["a"], library, np.arange(400) % 2, model="linear")
        >>> made([[1.0, 0.0], [1.0, 1.0]]).round(1)
        array([1., 1.])
        """
        table = np.asarray(values, np.float64)
        if table.ndim != 2 or table.shape[1] != len(self.observables):
            raise ValueError(
                f"values have shape {table.shape}; expected (N, {len(self.observables)}), columns "
                f"{', '.join(self.observables)}"
            )
        return _told(self.fitted, table)

    def __str__(self) -> str:
        return (
            f"{self.model} of {len(self.observables):,} observables: ADO {self.ado}, AUC "
            f"{self.auc}; black box {self.black_box_auc} ({self.n_jets[1]:,} jets)"
        )


def surrogate(
    black_box: ArrayLike,
    library: ObservableLibrary,
    label: ArrayLike | None,
    weight: ArrayLike | None = None,
    *,
    model: str = "tree",
    seed: int = 0,
) -> Surrogate:
    r"""A boosted tree or a linear model that is to say what a black box says, from observables.

    "tree": scikit-learn's histogram gradient boosting, which stops when a tenth of its jets gains
    nothing more; "linear": Σ_k c_k q_k, where q_k is the normal quantile of the k-th observable's
    rank, with a ridge penalty from leave-one-out. Both learn the normal quantile of the black
    box's score by least squares on one half of the jets, so that only its order matters; the other
    half says how alike they order (`ado`). Labels are not learned from. A high ADO says that the
    observables suffice to imitate the black box, not that it computes them.

    Args:
        black_box: (N,) its scores, larger for signal, on jets it was not trained on.
        library: k observables of the same jets.
        label: (N,) 1 = signal (quark), 0 = background.
        weight: (N,) event weights; ones if None. Negative ones count as 0 in the fit.
        model: "tree" or "linear".
        seed: of the split, the tree and the bootstrap.

    Returns:
        `Surrogate`, a function of (N, k) observables.

    Raises:
        ValueError: arguments of the wrong kind or shape, fewer than 100 jets, one class only.

    Source: surrogate models as of scikit-learn; ordering of pairs from arXiv:2010.11998.

    >>> rng = np.random.default_rng(0)
    >>> label = np.arange(2000) % 2
    >>> library = ObservableLibrary({name: label + rng.normal(size=2000) for name in "ab"})
    >>> black_box = library["a"] * library["b"]
    >>> for model in ("linear", "tree"):
    ...     print(model, round(surrogate(black_box, library, label, model=model).ado.value, 2))
    linear 0.74
    tree 0.98
    """
    expect("library", library, ObservableLibrary, "an ObservableLibrary, as from named_library()")
    scores = as_scores(black_box, "black_box").astype(np.float64)
    signal = as_signal(label, len(scores))
    weights = as_weight(weight, signal)[:, 0]
    if model not in MODELS:
        raise ValueError(f"model must be one of {', '.join(MODELS)}; got {model!r}")
    names = tuple(library.values)
    if len(library[names[0]]) != len(scores):
        raise ValueError(
            f"the library has {len(library[names[0]])} jets and black_box {len(scores)}; both must "
            "be of the same jets"
        )
    if len(scores) < _LEAST_JETS:
        raise ValueError(f"a surrogate needs at least {_LEAST_JETS} jets, got {len(scores)}")
    table = library.columns(names)
    train, test = np.array_split(np.random.default_rng(seed).permutation(len(scores)), 2)
    target = _normal_quantiles(scores[train])
    fitted = _fit(model, table[train], target, np.maximum(weights[train], 0.0), seed)
    coefficients = fitted[-1].coef_ if model == "linear" else ()
    told = _told(fitted, table[test])
    truth = signal[test].astype(int)

    def interval(statistic, *arrays: np.ndarray) -> Interval:
        return bootstrap_interval(statistic, *arrays, truth, weight=weights[test], seed=seed)

    return Surrogate(
        model,
        names,
        auc=interval(auc, told),
        ado=interval(ado, told, scores[test]),
        black_box_auc=interval(auc, scores[test]),
        gap=interval(auc_difference, scores[test], told),
        coefficients={n: float(c) for n, c in zip(names, coefficients, strict=False)},
        n_jets=(len(train), len(test)),
        fitted=fitted,
    )


def _fit(
    model: str,
    table: Float[np.ndarray, "N k"],
    target: Float[np.ndarray, " N"],
    weight: Float[np.ndarray, " N"],
    seed: int,
) -> Any:
    """scikit-learn's model of least squares."""
    if model == "tree":
        from sklearn.ensemble import HistGradientBoostingRegressor
        from threadpoolctl import threadpool_limits

        tree = HistGradientBoostingRegressor(
            max_iter=500,
            early_stopping=True,  # pyright: ignore[reportArgumentType]
            random_state=seed,
        )
        # Its threads wait for one another by spinning, for minutes where cores are shared.
        with threadpool_limits(1, "openmp"):
            return tree.fit(table, target, sample_weight=weight)
    from sklearn.linear_model import RidgeCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import QuantileTransformer

    quantiles = QuantileTransformer(
        n_quantiles=min(_LEVELS, len(table)), output_distribution="normal", random_state=seed
    )
    linear = make_pipeline(quantiles, RidgeCV(_PENALTIES))
    return linear.fit(table, target, ridgecv__sample_weight=weight)


def _told(fitted: Any, table: Float[np.ndarray, "N k"]) -> Float[np.ndarray, " N"]:
    """What the model says."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, "openmp"):
        return np.asarray(fitted.predict(table), np.float64)


def _normal_quantiles(scores: Float[np.ndarray, " N"]) -> Float[np.ndarray, " N"]:
    """Normal quantiles of the ranks, ties in the middle."""
    from scipy.stats import rankdata

    return ndtri((rankdata(scores) - 0.5) / len(scores))
