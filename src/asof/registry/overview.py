"""What the registry holds, one row per model version, for `asof status`."""

from dataclasses import dataclass
from datetime import datetime

from asof.project import Project
from asof.registry.aliases import aliases_at
from asof.registry.store import Registry


@dataclass(frozen=True)
class VersionOverview:
    """A version with the aliases that are on it and its metrics on the test split. `age_days` counts from its cut-off."""

    model: str
    version: int
    status: str
    aliases: list[str]
    created_at: datetime
    known_by: datetime
    age_days: float
    metrics: dict[str, float | None]


def later_versions(project: Project) -> int:
    """The number of versions with a cut-off after the project's present."""
    with project.warehouse(read_only=True) as warehouse:
        found = Registry(project, warehouse).rows(
            "model_versions", "known_by > ?", [project.clock.now()], columns=("version",)
        )
    return len(found)


def overview(project: Project) -> list[VersionOverview]:
    """Every version that is known by the project's present, by model, newest first. Raises WarehouseError."""
    now = project.clock.now()
    with project.warehouse(read_only=True) as warehouse:
        registry = Registry(project, warehouse)
        aliases = aliases_at(registry, now)
        measured = registry.rows(
            "metrics", "split = 'test' and slice_by = 'all'", columns=("run_id", "metric", "value"), order_by="metric"
        )
        versions = registry.rows(
            "model_versions",
            "known_by <= ?",
            [now],
            columns=("model", "version", "status", "created_at", "known_by", "run_id"),
            order_by="model, version desc",
        )
    return [
        VersionOverview(
            model=row["model"],
            version=row["version"],
            status=row["status"],
            aliases=sorted(
                alias for (model, alias), on in aliases.items() if (model, on) == (row["model"], row["version"])
            ),
            created_at=row["created_at"],
            known_by=row["known_by"],
            age_days=(now - row["known_by"]).total_seconds() / 86400,
            metrics={m["metric"]: m["value"] for m in measured if m["run_id"] == row["run_id"]},
        )
        for row in versions
    ]
