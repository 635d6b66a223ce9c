"""The report of a version: one file that needs nothing else, and figures that are those of the registry."""

import re
import unicodedata
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest
from matplotlib.figure import Figure
from toy import NOW

from asof import make_report, promote, train
from asof.errors import ProjectError, RegistryError
from asof.report import charts
from asof.report.facts import read_facts


class Page(HTMLParser):
    """What a browser would fetch, and the words."""

    def __init__(self, text):
        super().__init__()
        self.fetched, self.words, self.open = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.open.append(tag)
        for name, value in attributes:
            if name in ("src", "href", "xlink:href", "data", "action") and not value.startswith("#"):
                self.fetched.append(value)

    def handle_data(self, data):
        if data.strip():
            self.words.append(" ".join(data.split()))


def train_big(toy):
    toy.edit("models/big.yml", "slices: [colour]", "slices: [colour]\nprotected: [colour]\nmin_slice_rows: 14")
    toy.edit("models/big.yml", "Is it big?", "Is it <b>big</b> & good?")
    return train("big", toy.open())


@pytest.fixture
def trained(toy, prepared):
    return toy, prepared(train_big)


def test_it_needs_nothing_but_itself(trained):
    toy, _ = trained
    page = Page(make_report("big", 1, toy.open()).html)
    assert page.fetched == []
    assert "script" not in page.open
    assert not re.search(r"@import|url\((?!#)", make_report("big", 1, toy.open()).html)


def test_what_it_says_is_what_was_measured(trained):
    toy, result = trained
    report = make_report("big", 1, toy.open())
    page = Page(report.html)
    assert "Is it <b>big</b> & good? Asked when it comes in." in page.words
    auc, loss = result.metric("roc_auc"), result.metric("log_loss")
    assert page.words[page.words.index("roc_auc") + 1] == f"{auc:.4f}"
    assert f"| log_loss | {loss:.4f} |" in report.markdown
    assert result.content_hash in page.words
    assert "136 to fit, 20 to validate, 40 to test" in page.words
    gates = page.words.index("Gates")
    assert page.words[gates + 1 : gates + 4] == ["roc_auc >= 0.6", "passed", f"{auc:.4f} on 40 rows"]
    by_colour = page.words.index("By colour, on the test split (protected)")
    assert "13, too small to judge" in page.words[by_colour:]
    assert "(difference)" in page.words[by_colour:]
    for chart in ("ROC curve on the test split", "The label over time", "What shuffling a feature costs"):
        assert chart in page.words


def test_markdown_tables_are_whole(trained):
    toy, _ = trained
    for block in re.findall(r"(?:^\|.*\n)+", make_report("big", 1, toy.open()).markdown, flags=re.MULTILINE):
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}) == 1, block


def test_the_same_version_gives_the_same_report(trained):
    toy, _ = trained
    assert make_report("big", 1, toy.open()) == make_report("big", 1, toy.open())


def test_the_champion_if_no_version_is_named(trained):
    toy, _ = trained
    train("big", toy.open())
    assert make_report("big", None, toy.open()).version == 2
    promote("big", 1, toy.open(), reason="it | was first")
    report = make_report("big", None, toy.open())
    assert report.version == 1
    assert "it | was first" in Page(report.html).words


def test_regression_has_residuals_and_a_back_test(toy):
    toy.edit("models/size.yml", "slices: [colour]", "min_slice_rows: 10")
    result = train("size", toy.open(), backtest=True)
    words = Page(make_report("size", 1, toy.open()).html).words
    assert "Residuals on the test split: label less prediction" in words
    assert "A version's age and its first metric, from the back-test" in words
    slope = result.staleness.worse_per_week["mean_absolute_error"]
    assert f"mean_absolute_error {slope:+.5f}" in words
    assert toy.sql("select count(*) from ml.backtests") == [(len(result.staleness.weeks),)]
    assert toy.sql("select sum(row_count) from ml.curves where curve = 'residuals'") == [(40,)]


def test_no_such_version(trained):
    toy, _ = trained
    with pytest.raises(RegistryError, match="model big has no version 9 by 2024-04-10 00:00 UTC"):
        make_report("big", 9, toy.open())
    with pytest.raises(RegistryError, match="model size has no version yet by"):
        make_report("size", None, toy.open())


def test_a_folder_that_cannot_be_written_to(trained, tmp_path):
    toy, _ = trained
    (tmp_path / "taken").write_text("")
    with pytest.raises(ProjectError, match="the report cannot be written to .*taken.*; name another with --output"):
        make_report("big", 1, toy.open(NOW)).write(tmp_path / "taken")


def test_no_name_becomes_markup_or_mathematics(colours):
    """Classes, slices, features and words as people may write them, in the page, in the charts and in Markdown."""
    colours.sql("update features.toy_view set colour = '$10_$20 <i>' where colour = 'red'")
    colours.sql("update features.toy_view set colour = 'a' || chr(7) || '|b' where colour = 'blue'")
    colours.sql('alter table features.toy_view rename column weight to "$w^$ <b>|`"')
    forged = "description: 'Which? <script>alert(1)</script>\n\n  ## Gates\n\n  | roc_auc | passed |'"
    colours.edit("models/big.yml", "description: Is it big? Asked when it comes in.", forged)
    train("big", colours.open())
    promote("big", 1, colours.open(), alias="xy", reason="<b>why</b>")
    colours.sql("update ml.alias_events set alias = 'x|y' || chr(27) || '[31m <img src=x>'")  # as an older asof took it
    report = make_report("big", 1, colours.open())
    page = Page(report.html)
    assert {"script", "img", "i", "b"} & set(page.open) == set()
    assert "<b>why</b>" in page.words
    for svg in re.findall(r"<svg.*?</svg>", report.html, flags=re.DOTALL):
        ET.fromstring(svg)  # noqa: S314  # our own
    assert "<script" not in report.markdown
    assert "<img" not in report.markdown
    assert report.markdown.count("\n## Gates\n") == 1
    assert "$10_$20" in report.html
    assert "x&#124;y�&#91;31m &#60;img" in report.markdown
    assert "## Gates &#124; roc_auc" in report.markdown, "a line's end is a space"
    assert not any(unicodedata.category(character) == "Cc" for character in report.markdown if character != "\n")


def test_classes_of_the_confusion_are_in_their_own_order(colours):
    """Numbers as classes: 2, 9 and 10, which as text would be 10, 2 and 9."""
    colours.sql("alter table features.toy_view add column band integer")
    colours.sql("update features.toy_view set band = case when amount < 20 then 2 when amount < 50 then 9 else 10 end")
    manifest = colours.root / "dbt_project/target/manifest.json"
    manifest.write_text(manifest.read_text().replace('"colour"]', '"colour", "band"]'))
    colours.edit("models/big.yml", "label: colour", "label: band")
    colours.edit("models/big.yml", "gates:\n  - {metric: accuracy, min: 0.1}", "gates: []")
    train("big", colours.open())
    facts = read_facts(colours.open(), "big", 1)
    assert facts.classes == ["2", "9", "10"]
    axes = Figure().subplots()
    charts._confusion(axes, facts)
    shown = [text.get_text() for text in axes.get_yticklabels()]
    assert shown == ["2", "9", "10"]
    counts = axes.images[0].get_array()
    of_test = [[2, 9, 10][(x >= 20) + (x >= 50)] for x in ((i * 37) % 100 for i in range(160, 200))]
    assert counts.sum(axis=1).tolist() == [of_test.count(band) for band in (2, 9, 10)]
    assert counts.diagonal().sum() == round(40 * train("big", colours.open()).metric("accuracy"))


def test_version_0(trained):
    toy, _ = trained
    with pytest.raises(RegistryError, match="model big has no version 0 by"):
        make_report("big", 0, toy.open())
