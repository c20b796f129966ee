"""Small networks of every kind, and jets for them."""

import jax
import jax.numpy as jnp
import numpy as np

from smearjax.networks import EFN, PFN, Ensemble, LipschitzEFN, MomentEFN

KEY = jax.random.key(3)
SAFE = {
    "efn": EFN((20, 16), (12, 8), key=KEY),
    "moment": MomentEFN((10, 3), (12, 8), order=3, key=KEY),
    "lipschitz": LipschitzEFN((20, 16), (12, 8), emd_scale=5.0, key=KEY),
}
UNSAFE = {
    "pfn": PFN((20, 16), (12, 8), key=KEY),
    "pfn_id": PFN((20, 16), (12, 8), particle_id=True, key=KEY),
}
EVERY = SAFE | UNSAFE
EVERY["ensemble"] = Ensemble([EVERY["efn"], EVERY["pfn_id"], EVERY["moment"]])


def in_float64(network):
    """The same network in double precision."""
    return jax.tree.map(lambda leaf: leaf.astype(jnp.float64), network)


def particles(jets, i):
    """pt, y, phi of one jet without padding, float64."""
    return [np.asarray(a[i], np.float64)[jets.mask[i]] for a in (jets.pt, jets.y, jets.phi)]


def centred(pt, y, phi):
    """Fractions and angles about the centroid, in numpy."""
    z = pt / pt.sum()
    turned = np.angle(np.exp(1j * (phi - phi[0])))
    return z, np.stack([y - (z * y).sum(), turned - (z * turned).sum()], axis=1)
