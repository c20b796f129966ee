"""Normal observables, replacements out of Gaussian balls about them, and what these should do."""

import numpy as np

from smearjax.interpret import Replacements


def correlated(n, rho, seed=0):
    """n pairs of standard normal numbers with correlation ρ, and their covariance."""
    cov = np.array([[1.0, rho], [rho, 1.0]])
    return np.random.default_rng(seed).multivariate_normal(np.zeros(2), cov, n), cov


def ball_draws(x, epsilon, draws, seed=0):
    """Replacements with probability ∝ exp(−|x − x'|²/2ε²), by hand."""
    rng = np.random.default_rng(seed)
    share = np.exp(-0.5 * ((x[:, None] - x[None]) ** 2).sum(axis=2) / epsilon**2)
    np.fill_diagonal(share, 0.0)
    share /= share.sum(axis=1, keepdims=True)
    index = np.stack([rng.choice(len(x), draws, p=p) for p in share])
    return Replacements(index, epsilon)


def of_ball(cov, epsilon):
    """M and C of a neighbour x' | x ~ N(M x, C) for x ~ N(0, cov); M = 0, C = cov at ε = ∞."""
    if np.isinf(epsilon):
        return np.zeros_like(cov), cov
    shrink = cov @ np.linalg.inv(cov + epsilon**2 * np.eye(len(cov)))
    return shrink, epsilon**2 * shrink
