"""What the registry holds, one row per model version, for `asof status`."""

from dataclasses import dataclass
from datetime import datetime

from asof.errors import SpecError
from asof.project import Project
from asof.registry.aliases import aliases_at
from asof.registry.readiness import Readiness, readiness
from asof.registry.rows import VersionRow
from asof.registry.store import Registry, reading
from asof.registry.training_runs import metrics_on_test
from asof.registry.versions import all_versions


@dataclass(frozen=True)
class VersionOverview:
    """A version with the aliases that are on it and its metrics on the test split. `age_days` counts from its cut-off.

    `obstacles` say why it may not predict, and `warnings` what is to be looked at; of a version without an alias they are not
    asked for.
    """

    model: str
    version: int
    status: str
    aliases: list[str]
    created_at: datetime
    known_by: datetime
    age_days: float
    metrics: dict[str, float | None]
    obstacles: list[str]
    warnings: list[str]


def count_later_versions(project: Project) -> int:
    """The number of versions with a cut-off after the project's present."""
    now = project.clock.now()
    with reading(project) as registry:
        return sum(version.known_by > now for version in all_versions(registry))


def status(project: Project | None = None) -> list[VersionOverview]:
    """Every version that is known by the project's present, by model, newest first. Raises WarehouseError."""
    project = project or Project.open()
    now = project.clock.now()
    with reading(project) as registry:
        aliases = aliases_at(registry, now)
        measured = metrics_on_test(registry)
        versions = [version for version in all_versions(registry) if version.known_by <= now]
        on_alias = {(model, version): alias for (model, alias), version in sorted(aliases.items(), reverse=True)}
        ready = {
            (row.model, row.version): _readiness(registry, project, row, on_alias[row.model, row.version])
            for row in versions
            if (row.model, row.version) in on_alias
        }
    return [
        VersionOverview(
            model=row.model,
            version=row.version,
            status=row.status,
            aliases=sorted(alias for (model, alias), on in aliases.items() if (model, on) == (row.model, row.version)),
            created_at=row.created_at,
            known_by=row.known_by,
            age_days=(now - row.known_by).total_seconds() / 86400,
            metrics={metric.metric: metric.value for metric in measured if metric.run_id == row.run_id},
            obstacles=[f"{each.found}; {each.remedy}" for each in _of(ready, row).obstacles],
            warnings=list(_of(ready, row).warnings),
        )
        for row in versions
    ]


def _of(ready: dict[tuple[str, int], Readiness], row: VersionRow) -> Readiness:
    return ready.get((row.model, row.version), Readiness())


def _readiness(registry: Registry, project: Project, version: VersionRow, alias: str) -> Readiness:
    """Whether a version may predict; nothing is said of one whose spec is gone or refused, which `asof status` shows by itself."""
    try:
        return readiness(registry, project, version, project.model_spec(version.model), alias)
    except SpecError:
        return Readiness()
