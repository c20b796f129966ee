"""Arguments of the wrong kind, as a user meets them: without the shape hook of the other tests."""

from wrong_kinds import not_refused

CASES = """
spectral_function(None) | jets is a NoneType
spectral_function("sample") | jets is a str
spectral_function(jets, beta="a") | beta must be positive
spectral_function(jets, beta=float("nan")) | beta must be positive
spectral_function(jets, beta=[1.0, 2.0]) | beta must be positive
spectral_function(jets, omega=3) | omega must be one of
semd(jets, jets) | a is a Jets
semd(spectra, jets) | b is a Jets
semd(spectra, spectra, p="2") | p must be finite
semd(spectra, spectra, p=0.5) | p must be finite and at least 1
semd(spectra, spectra[:3]) | equally many jets
semd_distance(spectra, spectra, -5.0) | pt_ref must be positive
semd_distance(spectra, spectra, "525") | pt_ref must be positive
embed(jets) | spectra is a Jets
embed(spectra, cells=2.5) | cells must be at least 1
embed(spectra, cells="9") | cells must be at least 1
embed(spectra, cells=True) | cells must be at least 1
embed(spectral_function(jets, normalize=False)) | normalised spectra
SmearedLikelihood("sample") | reference is a str
SmearedLikelihood(jets, kernel="gauss") | kernel is a str
SmearedLikelihood(jets, kernel=Gaussian) | kernel is the class Gaussian
SmearedLikelihood(jets, cells=1.5) | cells must be at least 1
SmearedLikelihood(jets, cells=True) | cells must be at least 1
SmearedLikelihood(jets, pt_ref="525") | pt_ref must be positive
SmearedLikelihood(jets[:0]) | at least 2 gluon jets
likelihood.log_ratio(None, "a") | epsilon must be numbers
likelihood.log_ratio("sample", 3.0) | query is a str
likelihood.with_kernel(3) | kernel is a int
find_scales(jets) | likelihood is a Jets
find_scales(likelihood, "a") | start must be a positive
find_scales(likelihood, prior=[0.5, 0.5]) | prior must be
information(jets, [3.0]) | likelihood is a Jets
information(likelihood, [3.0], replicas=2.5) | replicas must be at least 2
permuted(jets, [3.0]) | likelihood is a Jets
permuted(likelihood, [3.0], permutations=True) | permutations must be at least 2
extrapolate(jets, [3.0]) | likelihood is a Jets
pair_distribution(jets, [3.0]) | likelihood is a Jets
neighbourhood_fit(jets, [1], 3) | cloud is a Jets
scaling(jets, [4]) | likelihood is a Jets
scaling(likelihood, None) | sizes must be whole numbers
LeadingLog().fraction(["gg"], 3.0) | pair is ['gg']
learn_metric("sample", jets) | train is a str
origin_space("sample") | jets is a str
origin_space(jets[:0]) | holds no jet
origin_space(jets, beta="a") | beta must be positive
origin_space(jets, cells=1.5) | cells must be at least 1
origin_space(jets, pt_ref=-1.0) | pt_ref must be positive
epsilon_curve(jets, None, [3.0]) | likelihood is a Jets
epsilon_curve(likelihood, None, [3.0, 4.0], replicas="many") | replicas must be at least 2
scan("sample", None, [3.0], folder) | likelihood is a str
scan(SmearedLikelihood, None, [3.0], folder) | likelihood is the class SmearedLikelihood
scan(likelihood, "sample", [3.0], folder) | query is a str
scan(likelihood, [0, 1], [3.0], folder) | query is a list
scan(likelihood, None, "a", folder) | epsilon must be numbers
scan(likelihood, None, None, folder) | epsilon must be
scan(likelihood, None, [3.0], None) | folder is a NoneType
scan(likelihood, None, [3.0], 3) | folder is a int
scan(likelihood, None, [3.0], b"scan") | folder is a bytes
scan(likelihood, None, [3.0], folder, quantity=None) | quantity must be one of
scan(likelihood, None, [3.0], folder, quantity=["score"]) | quantity must be one of
scan(likelihood, None, [3.0], folder, rows_per_chunk="8") | a whole number; got '8'
scan(likelihood, None, [3.0], folder, rows_per_chunk=8.0) | rows_per_chunk must be at least 1
scan(likelihood, None, [3.0], folder, rows_per_chunk=None) | rows_per_chunk must be at least 1
scan(likelihood, None, [3.0], folder, rows_per_chunk=True) | rows_per_chunk must be at least 1
network_scores(None, jets) | network is a NoneType
network_scores(EFN, jets) | network is the class EFN
train_network("efn", jets, jets) | network is a str
train_network(efn, jets, jets, folder="README.md") | folder is a file, 'README.md'
TrainingConfig(schedule="linear") | schedule must be 'cosine' or 'constant', got 'linear'
TrainingConfig(augmentation=Splits) | augmentation is the class Splits
save_network("x", "efn") | network is a str
Ensemble([EFN]) | members[0] is the class EFN
Ensemble(efn) | members is a EFN
AboutOrigin(EFN) | network is the class EFN
MomentEFN(order=1.5, key=key) | order must be at least 1, a whole number
LipschitzEFN(emd_scale="a", key=key) | emd_scale must be positive and finite
train_network(efn, jets.replace(label=None), jets) | have no labels
cores(None) | jets is a NoneType
plant("sample", []) | jets is a str
plant_at(3.0, "sample", quark=1, gluon=0) | jets is a str
subjets("sample", 0.1) | jets is a str
subjets(jets, "a") | radius must be a number of radians
subjets(jets, 0.1, algorithm="cone") | algorithm is 'cone'
multigraphs(1.5) | max_degree must be at least 0
multigraphs("3") | max_degree must be at least 0
multigraphs(True) | max_degree must be at least 0
efps("sample", multigraphs(2)) | jets is a str
efps(jets, [[(0, 1)]]) | a graph is a list
efps(jets, multigraphs(2), "1") | kappa must be at least 0
efps(jets, multigraphs(2), beta=[1.0, 2.0]) | beta must be positive
girth("sample") | jets is a str
jet_mass(3) | jets is a int
multiplicity(None) | jets is a NoneType
angularity(jets, "1") | kappa must be at least 0
angularity(jets, axis="beam") | axis must be 'centroid'
c2(jets, "1") | beta must be positive
ring_distance(jets, "525") | pt_ref must be positive
line_distance("sample", 525.0) | jets is a str
isolation(jets, [1.0, 2.0, 3.0], 0.3) | leptons have shape (3,)
isolation(jets, jets.y[:, :3], 0.3) | leptons have no finite direction
n_subjettiness(jets, 1.5) | n must be at least 1
soft_drop_multiplicity(jets, z_cut="a") | z_cut must be a momentum fraction
guide([1.0, 2.0], {"a": [1.0, 2.0]}, [0, 1]) | library is a dict
draw_replacements(jets, 5.0) | likelihood is a Jets
draw_replacements(likelihood, "a") | epsilon must be positive
draw_replacements(likelihood, [5.0, 6.0]) | epsilon must be one number
draw_replacements(likelihood, 5.0, draws=1.5) | draws must be at least 1
marginal_replacements(1) | n_jets must be at least 2
marginal_replacements(3, weight=[1.0, -1.0, 1.0]) | weight must be 3 finite numbers
Replacements([[0.5]]) | index must be (N, D) whole numbers
Replacements([[1], [2]]) | index must hold numbers from 0 to 1
Replacements([[1, -1], [0, 0]]) | 1 rows that are -1 in part
Replacements([[1], [0]], 0.0) | epsilon must be positive
surrogate([1.0, 2.0], {"a": [1.0, 2.0]}, [0, 1]) | library is a dict
surrogate([1.0, 2.0], ObservableLibrary({"a": [1.0, 2.0]}), [0, 1], model="forest") | model must be
surrogate([1.0, 2.0], ObservableLibrary({"a": [1.0]}), [0, 1]) | library has 1 jets
permutation_importance(min, jets, jets.label, drawn) | library is a Jets
permutation_importance(min, library, jets.label, likelihood) | replacements is a SmearedLikelihood
permutation_importance(3, library, jets.label, drawn) | function is a int
permutation_importance(min, library, jets.label, drawn, groups={"x": ["y"]}) | has no 'y'
permutation_importance(lambda t: t, library, jets.label, drawn) | function must give one finite
particle_importance("efn", jets, {"all": jets.mask}, drawn) | score is a str
particle_importance(efn, jets, jets.mask, drawn) | groups is a
particle_importance(efn, jets[:4], {"all": jets.mask}, drawn) | 4 jets and replacements for 40
particle_groups(jets, "pt") | by must be 'rank'
particle_groups("sample", "rank") | jets is a str
shapley_values(min, library, drawn, 3) | rows must be numbers of jets
shapley_values(min, library, drawn, [40]) | rows must be numbers of jets below 40
shapley_values(min, library, [0], [3]) | replacements is a list
shapley_values("f", library, drawn, [3]) | function is a str
shapley_values(len, library, drawn, [3]) | function must give one finite number
shapley_values(min, library, drawn, [3], permutations=1) | permutations must be at least 2
particle_gradients(efn, "sample") | jets is a str
particle_gradients("efn", jets) | score is a str
transport_slope(efn, jets, pt_ref=0.0) | pt_ref must be positive
integrated_gradients(efn, jets, "axis") | baseline is a str
integrated_gradients(efn, jets, jets[:3]) | baseline is of 3 jets
integrated_gradients(efn, jets, rows=[-1]) | rows must be numbers of jets below
integrated_gradients(efn, jets, steps=0) | steps must be at least 1
named_library("sample") | jets is a str
soft_ado([1.0, 2.0], [1.0, 2.0], [0, 1], width_f="a", width_g=1.0) | width_f must be
load_jets(3) | source is a int
save_jets("x.npz", "a") | jets is a str
"""

BEFORE = """
import jax
from smearjax import *
from smearjax.jets import subjets
from smearjax.planted import cores, plant, plant_at
from smearjax.evaluate import *
from smearjax.metric import origin_space
from smearjax.interpret import *
from smearjax.networks import *
from smearjax.observables import *
from smearjax.extremes import *
from smearjax.smearing import *
from pathlib import Path
from tempfile import TemporaryDirectory
jets = load_jets("sample")
jets = jets[(jets.multiplicity > 24) & (jets.multiplicity < 33)][:40]
key = jax.random.key(0)
efn = EFN((4,), (4,), key=key)
spectra, likelihood = spectral_function(jets), SmearedLikelihood(jets)
library, drawn = named_library(jets), marginal_replacements(len(jets))
temporary = TemporaryDirectory()
folder = Path(temporary.name) / "never made"
"""

AFTER = """
if folder.exists():
    print("a refused scan made its folder")
"""


def test_every_wrong_kind_is_named():
    assert not_refused(CASES, BEFORE, AFTER) == ""
