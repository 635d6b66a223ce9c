"""What the registry holds of a version, gathered for its report."""

import json
from dataclasses import dataclass
from math import isfinite
from typing import Any

from asof.clock import written
from asof.errors import RegistryError
from asof.model_spec.spec import ModelSpec
from asof.project import Project
from asof.registry.aliases import aliases_at, events_of, version_behind
from asof.registry.resolve import resolve
from asof.registry.rows import AliasEventRow, BacktestRow, CurveRow, FeatureRow, MetricRow, TrainingRunRow, VersionRow
from asof.registry.store import reading
from asof.registry.training_runs import read_run
from asof.registry.versions import features_of, recorded_spec, versions_of


@dataclass(frozen=True)
class VersionFacts:
    """Everything a report says: rows of the registry's tables, as they are there."""

    version: VersionRow
    spec: ModelSpec
    gates: list[dict[str, Any]]
    environment: dict[str, str]
    run: TrainingRunRow
    metrics: list[MetricRow]
    features: list[FeatureRow]
    points: list[CurveRow]
    weeks: list[BacktestRow]
    events: list[AliasEventRow]
    aliases: list[str]

    @property
    def title(self) -> str:
        return self.version.title

    @property
    def classes(self) -> list[str]:
        """The classes of a multiclass problem, in the order of their codes."""
        return [str(name) for name in json.loads(self.version.classes or "[]")]

    @property
    def staleness(self) -> dict[str, float]:
        """By metric, how much worse a version gets per week of age; empty without a back-test."""
        return dict(json.loads(self.version.staleness or "{}"))

    @property
    def unlabelled_share(self) -> float | None:
        run = self.run
        labelled = (run.train_rows, run.validation_rows, run.test_rows, run.unused_rows)
        if run.unlabelled_rows is None or None in labelled:
            return None
        return run.unlabelled_rows / max(run.unlabelled_rows + sum(count or 0 for count in labelled), 1)

    def whole(self, split: str) -> list[MetricRow]:
        """The metrics of a whole split, in the spec's order."""
        found = {row.metric: row for row in self.metrics if (row.split, row.slice_by) == (split, "all")}
        return [found[name] for name in self.spec.metrics if name in found]

    def slices(self, column: str) -> list[MetricRow]:
        """The metrics of the slices of a column, on the test split; the differences last."""
        rows = [row for row in self.metrics if (row.split, row.slice_by) == ("test", column)]
        return sorted(rows, key=lambda row: (row.slice.startswith("("), row.slice))

    def curve(self, name: str) -> dict[str, list[CurveRow]]:
        """The points of the curves of one kind, by series, without those whose coordinates are not finite."""
        found: dict[str, list[CurveRow]] = {}
        for point in self.points:
            if point.curve == name and isfinite(point.x) and isfinite(point.y):
                found.setdefault(point.series, []).append(point)
        return found


def read_facts(project: Project, model: str, version: int | None) -> VersionFacts:
    """What is known of a version; of the champion where none is named, else of the newest.

    Raises RegistryError when there is none.
    """
    now = project.clock.now()
    with reading(project) as registry:
        known = [row for row in versions_of(registry, model) if row.known_by <= now]
        newest = known[-1].version if known else None
        chosen = version if version is not None else version_behind(registry, model, "champion", now) or newest
        if chosen is None:
            raise RegistryError(
                f"model {model} has no version yet by {written(now)}; train one with: asof train {model}"
            )
        number = resolve(registry, model, chosen, now)
        found = next(row for row in known if row.version == number)
        recorded = read_run(registry, found.run_id)
        return VersionFacts(
            version=found,
            spec=recorded_spec(found),
            gates=json.loads(found.gates),
            environment=json.loads(found.environment),
            run=recorded.run,
            metrics=recorded.metrics,
            features=features_of(registry, model, number),
            points=recorded.points,
            weeks=recorded.weeks,
            events=events_of(registry, model, number, now),
            aliases=sorted(
                alias for (of, alias), on in aliases_at(registry, now).items() if (of, on) == (model, number)
            ),
        )
