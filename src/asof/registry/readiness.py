"""Whether a version may predict: its view is built and fresh, its features mean what they meant, and their tests pass."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from asof.clock import written
from asof.durations import write_duration
from asof.errors import AsofError, ChangedFeaturesError, FailedTestError, NotBuiltError
from asof.features.builds import Build
from asof.features.changed_sql import require_one_sql
from asof.features.record import BuiltFrom, Record, read_record
from asof.features.tested import LastBuilds, RecordedTest, Tested, judge_tests, read_tests
from asof.features.view_meta import ViewMeta
from asof.model_spec.spec import ModelSpec
from asof.project import Project
from asof.registry.pinned import changed_features, view_of, with_refresh
from asof.registry.rows import VersionRow
from asof.registry.store import Registry
from asof.registry.versions import features_of

Check = Literal["build", "change", "tests"]
_ERRORS: dict[Check, type[AsofError]] = {
    "build": NotBuiltError,
    "change": ChangedFeaturesError,
    "tests": FailedTestError,
}


@dataclass(frozen=True)
class Obstacle:
    """Why a version may not predict: which check says so, what it found, and the next command."""

    check: Check
    found: str
    remedy: str

    def error(self, version: VersionRow) -> AsofError:
        return _ERRORS[self.check](f"{version.title}: {self.found}; {self.remedy}")


@dataclass(frozen=True)
class Readiness:
    """What stands in the way of a version, and what does not and is still to be looked at."""

    obstacles: Sequence[Obstacle] = ()
    warnings: Sequence[str] = ()


def readiness(registry: Registry, project: Project, version: VersionRow, spec: ModelSpec, alias: str) -> Readiness:
    """Whether a version may predict under an alias at the project's present. A view without a build on record is not checked."""
    try:
        meta, build = project.view_build(registry.warehouse, view_of(registry, version, project))
        if build is None:
            return Readiness()
        meta = with_refresh(meta, build, version.model, alias)
        if not registry.warehouse.has_table(meta.schema, meta.table):
            found = f"feature view {meta.name}: there is no table {meta.schema}.{meta.table} in the warehouse"
            return Readiness([Obstacle("build", found, f"run: {meta.build_command}")])
        require_one_sql(registry.warehouse, registry.schema, meta, project.target, project.graph)
    except NotBuiltError as error:
        return Readiness([Obstacle("build", str(error), "then call it again")])
    obstacles = list(_stale(project, spec, meta, build))
    features = check_features(registry, project, version, meta, spec)
    return Readiness([*obstacles, *features.obstacles], features.warnings)


def _stale(project: Project, spec: ModelSpec, meta: ViewMeta, build: Build) -> Sequence[Obstacle]:
    now, oldest = project.clock.now(), spec.inference.max_build_age
    if build.built_up_to >= now - oldest:
        return ()
    found = (
        f"feature view {meta.name} was last built up to {written(build.built_up_to)}, more than {write_duration(oldest)} before "
        f"the present {written(now)} (inference.max_build_age)"
    )
    return [Obstacle("build", found, f"run: {meta.build_command}")]


def check_features(
    registry: Registry, project: Project, version: VersionRow, meta: ViewMeta, spec: ModelSpec
) -> Readiness:
    """Whether the features of a version mean what they meant when it was trained, and what the latest tests in their lineage say."""
    record = read_record(registry.warehouse, registry.schema, project.target)
    if not record.has(meta.id):
        return Readiness()
    built = record.built_from(meta.id)
    obstacles = []
    model = version.model
    try:
        changed = changed_features(registry, version, meta, built, project)
    except NotBuiltError as error:
        obstacles.append(Obstacle("change", str(error), "then its features can be compared"))
    else:
        if changed:
            obstacles.append(Obstacle("change", changed.message, f"train again: asof train {model}"))
    tested = _tested(registry, project, version, meta, record, built)
    remedy = f"look at the rows and run: {meta.build_command}"
    obstacles += [Obstacle("tests", each.message, remedy) for each in tested.stopping]
    if spec.inference.require_tests and tested.untested:
        obstacles.append(
            Obstacle("tests", f"{tested.untested} (inference.require_tests)", f"run: {meta.build_command}")
        )
    warnings = [each.message for each in tested.warning]
    if tested.not_run_since and tested.untested:
        warnings.append(tested.untested)
    return Readiness(obstacles, warnings)


def _tested(
    registry: Registry, project: Project, version: VersionRow, meta: ViewMeta, record: Record, built: BuiltFrom
) -> Tested:
    """What tests say of the columns of a version, of the key and of the moment."""
    tests = read_tests(registry.warehouse, registry.schema, project.target.name)
    builds = LastBuilds(record.last_built())
    above = {*built.models, *(parent for text in built.models.values() for parent in text.reads)}
    concerned = [test for test in tests if above.intersection(test.models)]
    if all(test.status == "pass" and builds.are_before(test) for test in concerned) or built.unknown:
        return Tested(is_on_record=bool(concerned))
    from asof.features.fingerprints.view_meaning import lineage_of  # noqa: PLC0415  # brings sqlglot
    from asof.features.lineage.query import dialect_of  # noqa: PLC0415

    features = [feature.feature for feature in features_of(registry, version.model, version.version)]
    columns = dict.fromkeys([*features, *meta.key, meta.as_of])
    lineage = lineage_of(built.models, meta.id, columns, dialect_of(project.target.adapter))
    return judge_tests(_sorted(concerned), builds, built.models, meta.id, lineage)


def _sorted(tests: Sequence[RecordedTest]) -> list[RecordedTest]:
    """Failures first, in the order of their names."""
    return sorted(tests, key=lambda test: (not test.stops, test.name))
