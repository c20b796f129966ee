"""All pairs of jets, streamed: one engine, and what is made of the distances it yields."""

from smearjax.metric.pairs.blocks import filled as filled
from smearjax.metric.pairs.blocks import in_bucket as in_bucket
from smearjax.metric.pairs.blocks import in_order as in_order
from smearjax.metric.pairs.counts import ball_counts as ball_counts
from smearjax.metric.pairs.engine import reduce_pairs as reduce_pairs
from smearjax.metric.pairs.engine import squared_distances as squared_distances
from smearjax.metric.pairs.nearest import nearest as nearest
from smearjax.metric.pairs.nearest import nearest_squared_distance as nearest_squared_distance
from smearjax.metric.pairs.points import Points as Points
from smearjax.metric.pairs.sums import kernel_sums as kernel_sums

__all__ = [
    "Points",
    "ball_counts",
    "filled",
    "in_bucket",
    "in_order",
    "kernel_sums",
    "nearest",
    "nearest_squared_distance",
    "reduce_pairs",
    "squared_distances",
]
