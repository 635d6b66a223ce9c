"""`asof plan`: reads both sides, compares them, and says what follows."""

from collections.abc import Sequence
from dataclasses import dataclass

from asof.dbt_files.graph import name_and_version, versions_of
from asof.features.lineage.query import dialect_of
from asof.plan.against import at_commit, side_against
from asof.plan.compare import Comparison, ViewPlan
from asof.plan.readers import readers_in, readers_of_specs, view_named
from asof.plan.side import Side
from asof.plan.tree import compiled_side
from asof.plan.verdict import VersionPlan, verdict
from asof.progress import Progress, Silent
from asof.project import Project, project_of
from asof.registry.store import reading
from asof.warehouse.opening import warehouse_file


@dataclass(frozen=True)
class Downstream:
    """Something that is made of an affected view: `kind` is predictions, dbt model or exposure."""

    kind: str
    name: str
    because: str


@dataclass(frozen=True)
class OldView:
    """A version of a feature view that nothing reads any longer, and the file that can be deleted."""

    view: str
    path: str | None


@dataclass(frozen=True)
class PlanResult:
    """What a plan found. `versions` are those behind aliases, or the model specs where there is no warehouse."""

    before: str
    after: str
    views: tuple[ViewPlan, ...]
    versions: tuple[VersionPlan, ...]
    downstream: tuple[Downstream, ...]
    can_go: tuple[OldView, ...]

    @property
    def affected(self) -> list[VersionPlan]:
        """The versions that are not known to be unaffected."""
        return [version for version in self.versions if version.verdict != "unaffected"]


def make_plan(
    project: Project | None = None,
    *,
    against: str | None = None,
    of: str | None = None,
    progress: Progress | None = None,
) -> PlanResult:
    """Compares the feature views of the working tree, which need not be built, with those that are built.

    `against` names another side to compare with: a target, a git ref, or the path of a manifest. `of` names a git ref in place of
    the working tree. Without a warehouse the readers are the model specs, and `against` must be given.

    Raises ProjectError when dbt cannot compile a side, WarehouseError when there is nothing to compare with.
    """
    project = project_of(project, "make_plan(project)")
    progress = progress or Silent()
    progress.step("compiling")
    after = _tree(project, of)
    progress.step("reading what it is compared with")
    before = side_against(project, against)
    progress.step("comparing")
    dialect = dialect_of(project.target.adapter)
    comparison = Comparison(before, after, dialect)
    views = comparison.views()
    versions = _verdicts(project, comparison, dialect)
    return PlanResult(
        before=before.title,
        after=after.title,
        views=tuple(views),
        versions=tuple(versions),
        downstream=tuple(_downstream(after, views, versions)),
        can_go=tuple(_can_go(project, after, versions)),
    )


def _tree(project: Project, ref: str | None) -> Side:
    if ref is None:
        return compiled_side(project, "the working tree")
    with at_commit(project, ref, "--of") as there:
        return compiled_side(project, f"git ref {ref}", there)


def _verdicts(project: Project, comparison: Comparison, dialect: str) -> list[VersionPlan]:
    if project.target.adapter == "duckdb" and not warehouse_file(project.target).exists():
        readers = readers_of_specs(project, comparison.before)
    else:
        with reading(project) as registry:
            readers = readers_in(registry, project)
    found = []
    for reader in readers:
        now, was = view_named(comparison.after, reader.view), view_named(comparison.before, reader.view)
        found.append(
            verdict(
                reader,
                now,
                comparison.fingerprints(now) if now else {},
                comparison.fingerprints(was) if was else {},
                dialect,
            )
        )
    return found


def _downstream(after: Side, views: Sequence[ViewPlan], versions: Sequence[VersionPlan]) -> list[Downstream]:
    found = [
        Downstream("predictions", f"predictions.{version.model}", f"{version.model} {version.verdict}")
        for version in versions
        if version.verdict != "unaffected"
    ]
    affected = {f"predictions.{version.model}" for version in versions if version.verdict != "unaffected"}
    for plan in views:
        touched = plan.named("new", "removed", "changed", "retyped", "unknown")
        side = after.views.get(plan.name)
        if touched and side is not None:
            found += [Downstream("dbt model", name, f"reads {plan.name}") for name in side.readers]
        if side is not None and (touched or affected):
            found += [
                Downstream(
                    f"exposure ({each.type})" if each.type else "exposure", each.name, f"{each.owner or 'no owner'}"
                )
                for each in side.exposures
                if touched
            ]
    return list(dict.fromkeys(found))


def _can_go(project: Project, after: Side, versions: Sequence[VersionPlan]) -> list[OldView]:
    """Versions of views, but for the last of each, that no version behind an alias and no model spec reads."""
    read = {side.name for version in versions if (side := view_named(after, version.view))}
    read |= {side.name for name in project.model_names if (side := view_named(after, project.model_spec(name).view))}
    found = []
    for base in sorted({name_and_version(name)[0] for name in after.views}):
        old = [name for name in versions_of(base, sorted(after.views))[:-1] if name not in read]
        found += [OldView(name, after.views[name].paths.get(after.views[name].id)) for name in old]
    return found
