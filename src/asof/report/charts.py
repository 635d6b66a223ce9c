"""The charts of a report, as SVG text: drawn by matplotlib without a display, and the same each time."""

import io
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import matplotlib as mpl
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from asof.registry.rows import CurveRow
from asof.report.facts import VersionFacts

_MAX_SERIES = 10
_STYLE = {
    "svg.hashsalt": "asof",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.prop_cycle": cycler(color=["#2f6f9f", "#c8553d", "#588b4b", "#8a6fa8", "#b08a2e", "#4f9d9d", "#777777"]),
    "legend.frameon": False,
    "text.parse_math": False,  # a dollar sign is a dollar sign
}


def draw_charts(facts: VersionFacts) -> Iterator[tuple[str, str]]:
    """A caption and an SVG for each chart that there are figures for."""
    for caption, draw, there in (
        ("ROC curve on the test split", _roc, facts.curve("roc")),
        ("Precision and recall on the test split", _precision, facts.curve("precision_recall")),
        (
            "Calibration on the test split: what was expected and what happened",
            _calibration,
            facts.curve("calibration"),
        ),
        (
            "Confusion on the test split: rows are what it was, columns what was predicted",
            _confusion,
            facts.curve("confusion"),
        ),
        ("Residuals on the test split: label less prediction", _residuals, facts.curve("residuals")),
        (
            "Predictions and labels on the test split, in groups of like predictions",
            _predicted,
            facts.curve("predicted"),
        ),
        (
            "What shuffling a feature costs",
            _importances,
            [row for row in facts.features if row.importance is not None],
        ),
        ("The label over time", _label, facts.curve("label_over_time")),
        ("A version's age and its first metric, from the back-test", _staleness, facts.weeks),
    ):
        if there:
            yield caption, _svg(facts, draw)


def _text(name: object) -> str:
    """A name as it can stand in an SVG, which has no control characters."""
    return re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", "?", str(name))


def _svg(facts: VersionFacts, draw: Callable[[Axes, VersionFacts], None]) -> str:
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(5.2, 3.4), layout="constrained")
        draw(figure.subplots(), facts)
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    text = out.getvalue()
    return text[text.index("<svg") :]


def _lines(axes: Axes, series: dict[str, list[CurveRow]]) -> None:
    for name, points in list(series.items())[:_MAX_SERIES]:
        axes.plot([p.x for p in points], [p.y for p in points], label=_text(name) if len(series) > 1 else None)
    if len(series) > 1:
        axes.legend(fontsize=7)


def _roc(axes: Axes, facts: VersionFacts) -> None:
    _lines(axes, facts.curve("roc"))
    axes.plot([0, 1], [0, 1], color="#bbbbbb", linewidth=0.8)
    axes.set(xlabel="false positive rate", ylabel="true positive rate", xlim=(0, 1), ylim=(0, 1.01))


def _precision(axes: Axes, facts: VersionFacts) -> None:
    _lines(axes, facts.curve("precision_recall"))
    axes.set(xlabel="recall", ylabel="precision", xlim=(0, 1), ylim=(0, 1.01))


def _calibration(axes: Axes, facts: VersionFacts) -> None:
    points = facts.curve("calibration")["observed"]
    counts = [p.row_count or 0 for p in points]
    axes.plot([0, 1], [0, 1], color="#bbbbbb", linewidth=0.8)
    axes.plot([p.x for p in points], [p.y for p in points], linewidth=1)
    axes.scatter([p.x for p in points], [p.y for p in points], s=[8 + 60 * count / max(counts) for count in counts])
    axes.set(xlabel="mean score (a dot's size: its rows)", ylabel="observed share", xlim=(0, 1), ylim=(0, 1))


def _confusion(axes: Axes, facts: VersionFacts) -> None:
    series, names = facts.curve("confusion"), [_text(name) for name in facts.classes]
    counts = [[p.y for p in series[name]] for name in facts.classes]
    axes.imshow(counts, cmap="Blues", aspect="auto")
    places = range(len(names))
    axes.set_xticks(places, names, rotation=90 if len(names) > 6 else 0)
    axes.set_yticks(places, names)
    axes.set(xlabel="predicted", ylabel="actual")
    if len(names) <= 12:
        half = max(max(row) for row in counts) / 2
        for row, each in enumerate(counts):
            for column, count in enumerate(each):
                color = "white" if count > half else "black"
                axes.text(column, row, f"{count:.0f}", ha="center", va="center", fontsize=7, color=color)


def _residuals(axes: Axes, facts: VersionFacts) -> None:
    points = facts.curve("residuals")["rows"]
    width = points[1].x - points[0].x if len(points) > 1 else 1
    axes.bar([p.x for p in points], [p.y for p in points], width=width)
    axes.set(xlabel=f"{_text(facts.version.label)} less prediction (outer bars: all beyond)", ylabel="rows")


def _predicted(axes: Axes, facts: VersionFacts) -> None:
    points = facts.curve("predicted")["observed"]
    ends = [min(p.x for p in points), max(p.x for p in points)]
    axes.plot(ends, ends, color="#bbbbbb", linewidth=0.8)
    axes.plot([p.x for p in points], [p.y for p in points], marker="o", markersize=4, linewidth=1)
    axes.set(xlabel="mean prediction", ylabel=f"mean {_text(facts.version.label)}")


def _importances(axes: Axes, facts: VersionFacts) -> None:
    best = [row for row in facts.features if row.importance is not None][:15][::-1]
    axes.barh(
        [_text(row.feature) for row in best],
        [row.importance or 0 for row in best],
        xerr=[row.importance_spread or 0 for row in best],
        error_kw={"linewidth": 0.8},
    )
    axes.tick_params(axis="y", labelsize=7)
    axes.set(xlabel=f"{best[0].importance_metric} lost on the test split")


def _label(axes: Axes, facts: VersionFacts) -> None:
    series = facts.curve("label_over_time")
    for name, points in list(series.items())[:_MAX_SERIES]:
        when = [datetime.fromtimestamp(p.x, UTC) for p in points]
        axes.plot(when, [p.y for p in points], label=_text(name) if len(series) > 1 else None)  # type: ignore[arg-type]
    if len(series) > 1:
        axes.legend(fontsize=7)
    axes.tick_params(axis="x", labelrotation=30, labelsize=7)
    axes.set(ylabel="share" if len(series) > 1 else f"mean {_text(facts.version.label)}")


def _staleness(axes: Axes, facts: VersionFacts) -> None:
    metric = facts.spec.metrics[0]
    rows = [week for week in facts.weeks if week.metric == metric]
    for origin in dict.fromkeys(row.origin for row in rows):
        values = {row.week: row.value for row in rows if row.origin == origin and row.value is not None}
        if values:
            axes.plot(list(values), list(values.values()), marker="o", markersize=3, label=f"{origin:%Y-%m-%d}")
    axes.legend(fontsize=7, title="trained at")
    axes.set(xlabel="weeks of age", ylabel=metric)
