"""The further sections of the page: told and drawn from their records alone."""

from __future__ import annotations

import copy
import json
import re
from io import BytesIO

import numpy as np
import pytest
from report_fixture import example_result
from sections_fixture import example_sections

from smearjax.analysis.config import SECTION_NAMES
from smearjax.analysis.sections import SECTIONS
from smearjax.report import check_result, render_page
from smearjax.report.chapters import CHAPTERS, chapters
from smearjax.report.figures import FIGURES, figures_of
from smearjax.report.schema_sections import PATTERNS, check_sections
from smearjax.report.style import hep_style


def full_result():
    """The result written by hand, with all further sections."""
    result = example_result()
    scores = ("mixture of scales", "learned metric")
    result["learned"] = {name: dict(result["observables"]["mass"]) for name in scores}
    result["sections"] = example_sections()
    result["settings"] |= {"sections": ["all"], "variation": "runs/no_hadrons.npz"}
    return result


@pytest.fixture(scope="module")
def page():
    result = json.loads(json.dumps(check_result(full_result())))
    return render_page(result, dict.fromkeys(figures_of(result), b"<svg/>"))


def test_one_name_everywhere():
    assert set(SECTIONS) == {*SECTION_NAMES, "variation"} == set(CHAPTERS) == set(PATTERNS)


def test_links_lead_to_sections(page):
    ids = re.findall(r'id="([a-z]+)"', page)
    links = re.findall(r'href="#([a-z]+)"', page)
    assert sorted(ids) == sorted(links)
    assert len(set(ids)) == len(ids)
    assert set(CHAPTERS) < set(ids)
    assert [name for name in links if name in CHAPTERS] == list(CHAPTERS)


def test_page_shows_numbers_with_errors(page):
    for words in (
        "permuted 100 times", "1/101 = 0.010", "7.7 ± 1.1", "none is claimed",
        "subsets of them down to 500", "0.685 → 0.705 ± 0.021 *", "0.640 → 0.660 ± 0.021<",
        "4.58 GeV (68 %: 4.52 to 4.62)", "0.771 (+0.012 −0.012)", "7.1 %",
        "0.793 (+0.012 −0.012)", "0.0052 (+0.0119 −0.0117)", "5 learned numbers", "β = 0.334",
        "0.5199", "101, quark", "202, gluon", "−0.87", "5.5", "1.92 ± 0.02", "(70.0 ± 2.0) %",
        "no_hadrons.npz", "1,500 varied gluon jets", "0.040", "0.0667 ± 0.0213",
        "0.200 ± 0.012", "EFP 01² 02, κ=1, β=0.5", "94.0 % of the pairs",
        "random: no observable left", "0.912 (+0.010 −0.010)", "4.3 % at ε = 9.87 GeV",
        "difference but for 0.012", "1.23 (1.22 to 1.24)", "--sections all",
        "--variation runs/no_hadrons.npz",
    ):  # fmt: skip
        assert words in page, words
    for name in ("mixture of scales", "learned metric"):
        assert re.search(rf"{name}</td>\s*<td class=\"number\">0.737</td>", page)


def test_pictures_are_in_the_page_and_no_others(page):
    result = check_result(full_result())
    names = [picture.name for part in chapters(result).values() for picture in part.pictures]
    assert len(set(names)) == len(names) == 19
    assert page.count("data:image/svg+xml") == 5 + len(names)
    without = {key: value for key, value in result.items() if key not in ("sections", "learned")}
    assert len(figures_of(without)) == 5


def test_absent_section_says_why():
    result = full_result()
    result["sections"]["extrapolation"] = {"absent": "96 jets of each class are needed"}
    result = check_result(result)
    page = render_page(result, dict.fromkeys(figures_of(result), b"<svg/>"))
    assert "Absent: 96 jets of each class are needed." in page
    assert "extrapolation" not in figures_of(result)


def test_every_figure_can_be_drawn_from_its_record():
    result = check_result(full_result())
    with hep_style():
        drawers = figures_of(result)
        figures = {name: drawers[name]() for name in drawers.keys() - FIGURES.keys()}
        for chapter in chapters(result).values():
            for picture in chapter.pictures:
                figures[picture.name].savefig(BytesIO(), format="png", dpi=20)
                assert any(axes.get_xlabel() for axes in figures[picture.name].axes)
    drawn = figures["extrapolation"].axes[0].lines[0].get_ydata()
    np.testing.assert_allclose(
        drawn, [r["auc"] for r in result["sections"]["extrapolation"]["rows"]]
    )
    top = figures["mixture"].axes[0]
    shown = [line.get_ydata() for line in top.lines if len(line.get_xdata()) == 5]
    np.testing.assert_allclose(
        shown[0], [r["weight"] for r in result["sections"]["mixture"]["rows"]]
    )
    jet = figures["jet_quark"]
    titles = [axes.get_title(loc) for axes in jet.axes for loc in ("left", "center")]
    assert [title for title in titles if title] == [
        "Jet 101 (quark), at every resolution", "the jet", "quark, 3.2 GeV", "gluon, 4.8 GeV",
    ]  # fmt: skip


def test_band_of_permuted_labels_lies_behind_the_information():
    result = check_result(full_result())
    with_band = figures_of(result)["information_per_lnepsilon"]()
    del result["sections"]["null"]
    without = figures_of(result)["information_per_lnepsilon"]()
    for panel, other in zip(with_band.axes, without.axes, strict=True):
        assert len(panel.collections) > len(other.collections)
        assert panel.get_ylim() == other.get_ylim()


# Names that are not fixed: data sets, curves, jets, deviations.
FREE = {"noise", "peaks", "neighbours", "omega", "convention", "graphs"}
# Kept in result.json for readers, not shown.
UNUSED = {"window", "R_err", "runners_up", "bias", "level"}


def keys(record, prefix=()):
    """The way to every fixed key of the records."""
    if isinstance(record, list):
        for i, item in enumerate(record[:1]):
            yield from keys(item, (*prefix, i))
    elif isinstance(record, dict):
        for key, value in record.items():
            if not FREE & {*prefix[-1:], *(p for p in prefix[-2:] if p == "peaks")}:
                yield (*prefix, key)
            yield from keys(value, (*prefix, key))


def broken(path, change):
    result = full_result()
    record = result["sections"]
    for step in path[:-1]:
        record = record[step]
    change(record, path[-1])
    return result


def test_missing_keys_are_named():
    paths = [p for p in keys(example_sections()) if len(p) > 1 and p[-1] not in UNUSED]
    assert len(paths) > 200
    for path in paths:
        sections = broken(path, lambda record, key: record.pop(key))["sections"]
        with pytest.raises(ValueError, match=rf"key '{path[-1]}' is missing"):
            check_sections({path[0]: sections[path[0]]})


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("null", "rows"), [], r"sections.null.rows must hold at least one entry"),
        (("null", "permutations"), "many", r"null.permutations must be a number, not 'many'"),
        (("ratios", "at", 0, "auc"), True, r"ratios.at\[0\].auc must be a number, not True"),
        (("extrapolation", "rows", 1, "auc_resolved"), 1, r"auc_resolved must be a truth, not 1"),
        (
            ("jets", "explained", 0, "jet"),
            [1],
            r"explained\[0\].jet must be a dictionary, not list",
        ),
        (("components", "spectrum"), {}, r"components.spectrum must be a list, not dict"),
        (("distances",), {"absent": 3}, r"distances.absent must be a text, not 3"),
        (("sorcery",), {}, r"result.sections.sorcery is unknown; there are null, "),
    ],
)
def test_wrong_kinds_are_named(path, value, message):
    with pytest.raises(ValueError, match=message):
        check_result(broken(path, lambda record, key: record.__setitem__(key, value)))


def test_learned_scores_are_checked():
    result = full_result()
    del result["learned"]["learned metric"]["auc_hi"]
    with pytest.raises(
        ValueError, match=r"result\.learned\.learned metric: key 'auc_hi' is missing"
    ):
        check_result(result)
    assert check_result(copy.deepcopy(example_result())).get("sections") is None
