"""What the registry holds of a version, gathered for its report."""

import json
from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from typing import Any

from asof.errors import RegistryError
from asof.metrics.catalog import METRICS
from asof.model_spec.spec import ModelSpec
from asof.project import Project
from asof.registry.aliases import aliases_at, version_behind
from asof.registry.store import Registry
from asof.registry.versions import recorded_spec

_VERSION = (
    *(
        "model",
        "version",
        "run_id",
        "created_at",
        "status",
        "problem",
        "feature_view",
        "label",
        "known_by",
        "gates",
        "spec",
    ),
    *("environment", "artifact_sha256", "classes", "content_hash", "frozen_table", "staleness"),
)
_RUN = ("train_rows", "validation_rows", "test_rows", "unused_rows", "unlabelled_rows", "seconds", "query")
_METRIC = (
    *(
        "split",
        "slice_by",
        "slice",
        "metric",
        "value",
        "low",
        "high",
        "baseline_value",
        "linear_value",
        "champion_value",
    ),
    *("row_count", "small"),
)
_FEATURE = ("feature", "type", "importance_metric", "importance", "importance_spread", "importance_dropped")
_POINT = ("split", "curve", "series", "x", "y", "row_count")
_WEEK = ("origin", "week", "metric", "value", "row_count")
_EVENT = ("alias", "action", "from_version", "to_version", "happened_at", "actor", "reason", "forced")

Row = dict[str, Any]


@dataclass(frozen=True)
class VersionFacts:
    """Everything a report says: rows of the registry's tables, as they are there."""

    version: Row
    spec: ModelSpec
    gates: list[Row]
    environment: dict[str, str]
    run: Row
    metrics: list[Row]
    features: list[Row]
    points: list[Row]
    weeks: list[Row]
    events: list[Row]
    aliases: list[str]

    @property
    def title(self) -> str:
        return f"{self.version['model']} version {self.version['version']}"

    @property
    def classes(self) -> list[str]:
        """The classes of a multiclass problem, in the order of their codes."""
        return [str(name) for name in json.loads(self.version["classes"] or "[]")]

    @property
    def staleness(self) -> dict[str, float]:
        """By metric, how much worse a version gets per week of age; empty without a back-test."""
        return dict(json.loads(self.version["staleness"] or "{}"))

    @property
    def unlabelled_share(self) -> float | None:
        counts = [self.run[name] for name in _RUN[:5]]
        return None if None in counts else counts[-1] / max(sum(counts), 1)

    def whole(self, split: str) -> list[Row]:
        """The metrics of a whole split, in the spec's order."""
        found = {row["metric"]: row for row in self.metrics if (row["split"], row["slice_by"]) == (split, "all")}
        return [found[name] for name in self.spec.metrics if name in found]

    def slices(self, column: str) -> list[Row]:
        """The metrics of the slices of a column, on the test split; the differences last."""
        rows = [row for row in self.metrics if (row["split"], row["slice_by"]) == ("test", column)]
        return sorted(rows, key=lambda row: (row["slice"].startswith("("), row["slice"]))

    def curve(self, name: str) -> dict[str, list[Row]]:
        """The points of the curves of one kind, by series, without those whose coordinates are not finite."""
        found: dict[str, list[Row]] = {}
        for point in self.points:
            if point["curve"] == name and isfinite(point["x"]) and isfinite(point["y"]):
                found.setdefault(point["series"], []).append(point)
        return found

    def is_better(self, metric: str) -> bool | None:
        """Whether more of a metric is better."""
        known = METRICS[self.spec.problem].get(metric)
        return known.greater_is_better if known else None


def read_facts(project: Project, model: str, version: int | None) -> VersionFacts:
    """What is known of a version; of the champion where none is named, else of the newest.

    Raises RegistryError when there is none.
    """
    now = project.clock.now()
    with project.warehouse(read_only=True) as warehouse:
        registry = Registry(project, warehouse)
        known = registry.rows(
            "model_versions", "model = ? and known_by <= ?", [model, now], columns=_VERSION, order_by="version"
        )
        newest = known[-1]["version"] if known else None
        chosen = version if version is not None else version_behind(registry, model, "champion", now) or newest
        found = {row["version"]: row for row in known}.get(chosen)
        if found is None:
            which = f"version {version}" if version is not None else "version yet"
            raise RegistryError(
                f"model {model} has no {which} by {now:%Y-%m-%d %H:%M} UTC; see which it has with: asof status"
            )
        of_run, of_version = [found["run_id"]], [model, chosen]
        (run,) = registry.rows("training_runs", "run_id = ?", of_run, columns=_RUN)
        in_order = "split, curve, series, position"
        return VersionFacts(
            version=found,
            spec=recorded_spec(found["spec"], f"{model} version {chosen}"),
            gates=json.loads(found["gates"]),
            environment=json.loads(found["environment"]),
            run=run,
            metrics=registry.rows("metrics", "run_id = ?", of_run, columns=_METRIC),
            features=registry.rows(
                "model_features", "model = ? and version = ?", of_version, columns=_FEATURE, order_by="importance desc"
            ),
            points=registry.rows("curves", "run_id = ?", of_run, columns=_POINT, order_by=in_order),
            weeks=registry.rows("backtests", "run_id = ?", of_run, columns=_WEEK, order_by="origin, week"),
            events=registry.rows(
                "alias_events",
                "model = ? and (to_version = ? or from_version = ?) and happened_at <= ?",
                [model, chosen, chosen, now],
                columns=_EVENT,
                order_by="event_id",
            ),
            aliases=sorted(
                alias for (of, alias), on in aliases_at(registry, now).items() if (of, on) == (model, chosen)
            ),
        )


def moment(value: datetime) -> str:
    """An instant to the minute."""
    return f"{value:%Y-%m-%d %H:%M} UTC"
