"""What the catalogue reads: the dbt project as its files are, and the views, versions and aliases of the warehouse."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from asof.dbt_files.graph import Graph, Node
from asof.errors import NotBuiltError
from asof.features.builds import Build
from asof.features.record import Record, read_record
from asof.features.view_meta import ViewMeta
from asof.project import Project
from asof.registry.aliases import aliases_at
from asof.registry.rows import FeatureRow, VersionRow
from asof.registry.store import Registry
from asof.registry.versions import all_versions, features_of


@dataclass(frozen=True)
class BuiltView:
    """A feature view of the project, and its last build on the target; None where there is none."""

    node: Node
    meta: ViewMeta | None
    build: Build | None


@dataclass(frozen=True)
class Catalogue:
    """All that the catalogue shows, read once."""

    graph: Graph
    views: Sequence[BuiltView]
    record: Record
    versions: Sequence[VersionRow]
    aliases: Mapping[tuple[str, str], int]
    features: Mapping[tuple[str, int], Sequence[FeatureRow]]

    def aliases_of(self, version: VersionRow) -> list[str]:
        on = [
            alias
            for (model, alias), number in self.aliases.items()
            if (model, number) == (version.model, version.version)
        ]
        return sorted(on)


def read_catalogue(project: Project, registry: Registry, graph: Graph) -> Catalogue:
    """Reads the registry; versions are those that are known by the project's present."""
    now = project.clock.now()
    versions = [version for version in all_versions(registry) if version.known_by <= now]
    return Catalogue(
        graph=graph,
        views=[_built(project, registry, node) for node in sorted(graph.views, key=lambda node: node.name)],
        record=read_record(registry.warehouse, registry.schema, project.target),
        versions=versions,
        aliases=aliases_at(registry, now),
        features={
            (row.model, row.version): sorted(
                features_of(registry, row.model, row.version), key=lambda each: each.position
            )
            for row in versions
        },
    )


def _built(project: Project, registry: Registry, node: Node) -> BuiltView:
    try:
        meta, build = project.view_build(registry.warehouse, node.name)
    except NotBuiltError:
        return BuiltView(node, None, None)
    return BuiltView(node, meta if build else None, build)
