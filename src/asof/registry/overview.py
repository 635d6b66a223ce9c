"""What the registry holds, one row per model version, for `asof status`."""

from dataclasses import dataclass
from datetime import datetime

from asof.registry.store import Registry
from asof.spec.project import Project


@dataclass(frozen=True)
class VersionOverview:
    """A version with the aliases that are on it and its metrics on the test split."""

    model: str
    version: int
    status: str
    aliases: list[str]
    created_at: datetime
    known_by: datetime
    metrics: dict[str, float | None]


def overview(project: Project) -> list[VersionOverview]:
    """Every version of the registry, by model, newest first. Raises WarehouseError."""
    with project.warehouse(read_only=True) as warehouse:
        registry = Registry(project, warehouse)
        aliases = registry.rows("aliases", order_by="alias")
        measured = registry.rows("metrics", "split = 'test' and slice_by = 'all'")
        versions = registry.rows("model_versions", order_by="model, version desc")
    return [
        VersionOverview(
            model=row["model"],
            version=row["version"],
            status=row["status"],
            aliases=[a["alias"] for a in aliases if (a["model"], a["version"]) == (row["model"], row["version"])],
            created_at=row["created_at"],
            known_by=row["known_by"],
            metrics={m["metric"]: m["value"] for m in measured if m["run_id"] == row["run_id"]},
        )
        for row in versions
    ]
