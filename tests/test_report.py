"""smearjax.report: a page and its figures are a pure function of a complete result."""

from __future__ import annotations

import copy
import json
import math
import re
from html.parser import HTMLParser
from io import BytesIO

import numpy as np
import pytest
from report_fixture import EPSILON, example_result

from smearjax.report import check_result, load_result, render_figures, render_page, write_report
from smearjax.report.axes import _spread
from smearjax.report.figures import FIGURES, FORMATS
from smearjax.report.methods import rejection_at_half
from smearjax.report.style import scale_ticks
from smearjax.report.words import command, formula

VOID = {"meta", "img", "br", "link", "hr", "input"}
BLANK_FIGURES = dict.fromkeys(FIGURES, b"<svg/>")


class Page(HTMLParser):
    """What a browser would fetch, what a reader would see, and whether every tag is closed."""

    def __init__(self, html: str):
        super().__init__(convert_charrefs=True)
        self.resources, self.stack, self.words, self.tags = [], [], [], []
        self.feed(html)
        self.close()
        assert self.stack == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        named = {"src", "href", "srcset", "data", "action"}
        self.resources += [v for k, v in attrs if k in named and not v.startswith("#")]
        if tag not in VOID:
            self.stack.append(tag)

    def handle_endtag(self, tag):
        assert self.stack.pop() == tag

    def handle_data(self, data):
        if "style" not in self.stack:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def page_of(result) -> str:
    return render_page(check_result(result), BLANK_FIGURES)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    import matplotlib

    before = matplotlib.rcParams.copy()
    page = write_report(example_result(), tmp_path_factory.mktemp("report") / "new" / "folder")
    assert matplotlib.rcParams.copy() == before, "drawing must leave matplotlib as it was"
    return page


def test_page_fetches_nothing(written):
    html = written.read_text(encoding="utf-8")
    page = Page(html)
    assert len(page.resources) == len(FIGURES)
    assert all(v.startswith("data:image/svg+xml;base64,") for v in page.resources)
    assert "script" not in page.tags
    assert "@import" not in html
    assert "url(" not in html
    assert not re.search(r"https?://", html)


def test_page_shows_every_number(written):
    text = Page(written.read_text(encoding="utf-8")).text
    result = example_result()
    assert result["answer"] in text
    rows = [r for key in result if key.endswith(("vs_epsilon", "lnepsilon")) for r in result[key]]
    assert len(rows) == 4 * len(EPSILON)
    shown = set(text.split())
    for row in rows:
        assert f"{row['epsilon_gev']:g}" in shown
        for key, value in row.items():
            if key != "epsilon_gev":
                assert f"{value:.4f}".replace("-", "−") in shown, key
    for record in (result["best"], result["efn"], *result["observables"].values()):
        for key in ("auc", "auc_lo", "auc_hi"):
            assert f"{record[key]:.3f}" in shown
        for end in ("", "_lo", "_hi"):
            assert f"{record['inverse_gluon_efficiency_at_half' + end]:.1f}" in shown
    for words in (
        "2,000 quark and 1,999 gluon jets", "524.71 GeV", "3.27 GeV", "0.5231", "14 evaluations",
        "82,257 parameters", "43 epochs", "3.05 GeV (0.819)", "2.13, 3.74, 8.86 GeV",
        "1,200 + 1,199", "112.3 s", "0.10.2", "kernel.tau 0.25", "--seed 7",
    ):  # fmt: skip
        assert words in text


def test_comparison_is_best_first():
    text = Page(page_of(example_result())).text
    body = text[text.index("The comparison") :]
    order = ["EFN 82", "multiplicity 0.837", "smeared likelihood G", "mass 0.737", "girth 0.736"]
    places = [body.index(words) for words in order]
    assert places == sorted(places)


def test_warnings_are_shown_only_if_there_are_any():
    result = example_result()
    assert "Before you quote this" not in page_of(result)
    result["warnings"] = ["R and B disagree by 30 % at 8 GeV"]
    text = Page(page_of(result)).text
    assert "Before you quote this R and B disagree by 30 % at 8 GeV" in text


def test_everything_given_is_escaped():
    evil = "<script>alert('x')</script>&\"'"
    result = example_result()
    result["settings"]["data"] = evil
    result["settings"][evil] = evil
    result["versions"][evil] = evil
    result["time_s"][evil] = 1.0
    result["convention"]["kernel"] = evil
    result["convention"][evil] = evil
    result["answer"] = evil
    result["warnings"] = [evil]
    result["best"]["best_by"] = evil
    result["observables"][evil] = dict(result["observables"]["mass"])
    names = [*result["ado"], evil]
    result["ado"] = {a: dict.fromkeys(names, 0.5) for a in names}
    page = Page(page_of(result))
    assert "script" not in page.tags
    assert page.text.count("<script>alert('x')") >= 10


def test_figures_are_images_of_some_size(written):
    from matplotlib.image import imread

    for name in FIGURES:
        pixels = imread(written.parent / "figures" / f"{name}.png")
        assert pixels.shape[0] > 800
        assert pixels.shape[1] > 1000
        assert np.ptp(pixels[..., :3]) > 0.8
        pdf = (written.parent / "figures" / f"{name}.pdf").read_bytes()
        assert pdf.startswith(b"%PDF-")
        assert pdf.rstrip().endswith(b"%%EOF")
        assert len(pdf) > 10_000


def test_report_is_made_again_from_its_json_alike(written, tmp_path):
    again = write_report(load_result(written.with_name("result.json")), tmp_path)
    files = sorted(p.relative_to(tmp_path) for p in tmp_path.rglob("*") if p.is_file())
    assert len(files) == 2 + 2 * len(FIGURES)
    for file in files:
        assert (tmp_path / file).read_bytes() == (written.parent / file).read_bytes(), file
    assert again.name == "report.html"


def test_json_is_valid_where_numbers_are_not_finite(tmp_path, monkeypatch):
    blank = {name: dict.fromkeys(FORMATS, b"") for name in FIGURES}
    monkeypatch.setattr("smearjax.report.page.render_figures", lambda result: blank)
    result = example_result()
    result["auc_vs_epsilon"][0]["auc_nonempty"] = math.nan
    result["efn"]["inverse_gluon_efficiency_at_half_hi"] = math.inf
    result["information_per_lnepsilon"][1]["B"] = np.float32("nan")
    result["observables"]["mass"].update(auc=None, auc_lo=None, auc_hi=None)
    result["n_jets"]["quark"] = np.int64(2000)
    result["pt_ref_gev"] = np.float32(524.5)
    page = write_report(result, tmp_path)

    def refuse(constant):
        raise AssertionError(constant)

    stored = json.loads((tmp_path / "result.json").read_text("utf-8"), parse_constant=refuse)
    assert stored["auc_vs_epsilon"][0]["auc_nonempty"] is None
    assert stored["efn"]["inverse_gluon_efficiency_at_half_hi"] is None
    assert stored["information_per_lnepsilon"][1]["B"] is None
    assert (stored["n_jets"]["quark"], stored["pt_ref_gev"]) == (2000, 524.5)
    assert "nan" not in Page(page.read_text(encoding="utf-8")).text.lower().split()


def test_figures_stand_extreme_results():
    result = example_result()
    for key in list(result):
        if key.endswith(("vs_epsilon", "lnepsilon")):
            result[key] = result[key][3:4]
    result["settings"]["data"] = "runs/" + "$x_" * 40
    result["observables"] = {}
    result["efn"] |= dict.fromkeys(("auc", "auc_lo", "auc_hi"))
    result["auc_vs_epsilon"][0]["auc"] = None
    result["ado"] = {"EFN": {"EFN": None}}
    result["roc"] = {"tau_21": {"quark_efficiency": [0, 0, 1], "gluon_efficiency": [0, 0, 1]}}
    drawn = render_figures(check_result(result))
    assert set(drawn) == set(FIGURES)
    assert all(len(data) > 5_000 for kinds in drawn.values() for data in kinds.values())


def test_figures_say_what_was_measured():
    figures = {name: draw(check_result(example_result())) for name, draw in FIGURES.items()}
    for figure in figures.values():
        small_print = figure._supxlabel.get_text()
        for words in ("2,000 quark and 1,999 gluon", "sample", "1,000", "β = 1", "ΔR", "525 GeV"):
            assert words in small_print
        figure.savefig(BytesIO(), format="png", dpi=20)
    for name in ("auc_vs_epsilon", "information_per_lnepsilon", "smeared_efn"):
        bottom = figures[name].axes[-1]
        assert bottom.get_xlabel() == "resolution ε [GeV]"
        labels = [tick.get_text() for tick in bottom.get_xticklabels()]
        assert labels == ["2", "5", "10", "20", "50"]
        assert all(axes.get_ylabel() for axes in figures[name].axes)


def test_curves_carry_the_numbers():
    result = check_result(example_result())
    top = FIGURES["auc_vs_epsilon"](result).axes[0]
    gaussian = top.lines[0]
    np.testing.assert_array_equal(gaussian.get_xdata(), EPSILON)
    np.testing.assert_array_equal(
        gaussian.get_ydata(), [row["auc"] for row in result["auc_vs_epsilon"]]
    )
    band = top.collections[0].get_paths()[0].vertices
    assert band[:, 1].min() == pytest.approx(0.731 - 0.0113)
    assert band[:, 1].max() == pytest.approx(0.818 + 0.0117)


def test_rejections_in_the_legend_are_those_of_the_table():
    result = example_result()
    result["efn"]["inverse_gluon_efficiency_at_half"] = 77.7
    result["roc"]["tau_21"] = {"quark_efficiency": [0, 1], "gluon_efficiency": [0, 1]}
    axes = FIGURES["roc"](check_result(result)).axes[0]
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels[0] == "EFN  77.7"
    assert labels[-2] == "tau 21  2.0"


def paths(record, prefix=()):
    """Every key of a result, with the way to it, that has a fixed name."""
    for key, value in record.items():
        yield (*prefix, key)
        if isinstance(value, dict) and key not in {"ado", "versions", "settings", "time_s"}:
            yield from paths(value, (*prefix, key))
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            yield from paths(value[-1], (*prefix, key, len(value) - 1))


@pytest.mark.parametrize("path", list(paths(example_result())), ids=lambda p: ".".join(map(str, p)))
def test_missing_key_is_named(path):
    named = len(path) == 2 and path[0] in {"observables", "roc"}
    result = example_result()
    record = result
    for step in path[:-1]:
        record = record[step]
    del record[path[-1]]
    if named:
        check_result(result)
        return
    with pytest.raises(ValueError, match=rf"key '{path[-1]}' is missing"):
        check_result(result)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("pt_ref_gev",), "525", r"result.pt_ref_gev must be a number, not '525'"),
        (("n_jets", "quark"), None, r"result.n_jets.quark must be a number, not None"),
        (("auc_vs_epsilon",), [], r"auc_vs_epsilon must be a list of at least one row"),
        (("auc_vs_epsilon", 2, "auc"), True, r"auc_vs_epsilon\[2\].auc must be a number"),
        (("hard_ball_auc_vs_epsilon", 0, "epsilon_gev"), 0.0, r"epsilon_gev must be positive"),
        (("best",), [1], r"result.best must be a dictionary, not list"),
        (("ado", "EFN"), {"EFN": 1.0}, r"result.ado.EFN: key 'smeared likelihood' is missing"),
        (("roc", "EFN", "gluon_efficiency"), [0.0], r"the two efficiencies differ in length"),
        (("roc", "EFN", "gluon_efficiency"), 0.5, r"must be a list of numbers"),
        (("answer",), 42, r"result.answer must be text"),
        (("warnings",), "careful", r"result.warnings must be a list"),
        (
            ("settings", "kernel"),
            object(),
            r"result.settings.kernel is a object, which JSON cannot",
        ),
    ],
)
def test_wrong_kind_is_named(path, value, message):
    result = example_result()
    record = result
    for step in path[:-1]:
        record = record[step]
    record[path[-1]] = value
    with pytest.raises(ValueError, match=message):
        check_result(result)


def test_check_does_not_change_its_argument():
    result = example_result()
    result["efn"]["auc_hi"] = math.nan
    before = copy.deepcopy(result)
    check_result(result)
    assert math.isnan(result["efn"].pop("auc_hi"))
    before["efn"].pop("auc_hi")
    assert result == before


def test_file_that_is_not_a_result(tmp_path):
    file = tmp_path / "result.json"
    file.write_text("not json")
    with pytest.raises(ValueError, match=r"result\.json is not a smearjax result: it is not JSON"):
        load_result(file)
    file.write_text("[1, 2]")
    with pytest.raises(ValueError, match="is not a smearjax result: it holds a list"):
        load_result(file)
    file.write_bytes(b"\x80\x93")
    with pytest.raises(ValueError, match="it is not JSON"):
        load_result(file)


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0.5, 100.0, [0.5, 1, 2, 5, 10, 20, 50, 100]),
        (2.2, 4.6, [3, 4]),
        (3.2, 4.9, [3.5, 4, 4.5]),
        (3.05, 3.45, [3.1, 3.2, 3.3, 3.4]),
        (95.0, 420.0, [100, 200, 300, 400]),
    ],
)
def test_ticks_are_plain_numbers(low, high, ticks):
    assert scale_ticks(low, high) == ticks


def test_labels_keep_their_distance():
    rng = np.random.default_rng(0)
    for _ in range(50):
        ideal = np.sort(rng.uniform(0, 1, 7))
        spread = _spread(ideal, 0.1)
        assert np.all(np.diff(spread) > 0.1 - 1e-12)
    apart = np.array([0.1, 0.4, 0.8])
    np.testing.assert_array_equal(_spread(apart, 0.1), apart)
    np.testing.assert_allclose(_spread(np.array([0.5, 0.5]), 0.2), [0.4, 0.6])


def test_rejection_where_no_gluon_jet_is_left():
    curve = {"quark_efficiency": [0.0, 0.6, 1.0], "gluon_efficiency": [0.0, 0.0, 1.0]}
    assert rejection_at_half(curve) == math.inf


def test_formula_keeps_its_place_among_escapes():
    assert formula("a_{b<c}^2 & d_e") == "a<sub>b&lt;c</sub><sup>2</sup> &amp; d<sub>e</sub>"


def test_command_is_one_shell_command():
    import shlex

    settings = {"data": "a b;rm -rf.npz", "seed": 1, "quick": True, "grid": [1, 2], "name": "x'y"}
    words = shlex.split(command(settings).replace("\\\n", " "))
    assert words == [
        "smearjax", "analyze", "a b;rm -rf.npz", "--out", "results", "--seed", "1", "--quick",
        "--grid", "1", "2", "--name", "x'y",
    ]  # fmt: skip
