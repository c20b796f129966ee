"""Arguments of the wrong kind, as a user meets them: without the shape hook of the other tests."""

import subprocess
import sys

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
embed(spectral_function(jets, normalize=False)) | normalised spectra
SmearedLikelihood("sample") | reference is a str
SmearedLikelihood(jets, kernel="gauss") | kernel is a str
SmearedLikelihood(jets, kernel=Gaussian) | kernel is the class Gaussian
SmearedLikelihood(jets, cells=1.5) | cells must be at least 1
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
epsilon_curve(jets, None, [3.0]) | likelihood is a Jets
epsilon_curve(likelihood, None, [3.0, 4.0], replicas="many") | replicas must be at least 2
network_scores(None, jets) | network is a NoneType
train_efn(jets.replace(label=None), jets) | have no labels
load_jets(3) | source is a int
save_jets("x.npz", "a") | jets is a str
"""

SCRIPT = """
from smearjax import *
from smearjax.networks import network_scores, train_efn
from smearjax.smearing import Gaussian
jets = load_jets("sample")
jets = jets[(jets.multiplicity > 24) & (jets.multiplicity < 33)][:40]
spectra, likelihood = spectral_function(jets), SmearedLikelihood(jets)
for line in CASES.strip().splitlines():
    call, message = line.split(" | ")
    try:
        eval(call)
        print(line, "-> no error")
    except ValueError as error:
        if message not in str(error):
            print(line, "->", error)
    except Exception as error:
        print(line, "->", type(error).__name__, error)
"""


def test_every_wrong_kind_is_named():
    code = f"CASES = {CASES!r}\n{SCRIPT}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == ""
