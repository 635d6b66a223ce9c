"""A dbt project as a graph of relations with their compiled SQL: what lineage, linter and replay walk through."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from asof.errors import ProjectError, did_you_mean

Kind = Literal["model", "snapshot", "seed", "source"]


@dataclass(frozen=True, eq=False)
class Node:
    """A relation of the project; a graph has one object for each. `sql` is its compiled query, `written` the text that it was
    compiled from; sources and seeds have none.
    """

    id: str
    name: str
    kind: Kind
    relation: tuple[str, str, str]  # database, schema, table
    parents: tuple[str, ...] = ()
    sql: str | None = None
    path: str = ""
    meta: Mapping[str, Any] = field(default_factory=dict)  # meta.asof
    config: Mapping[str, Any] = field(default_factory=dict)
    columns: tuple[str, ...] = ()  # those that its YAML describes
    written: str = ""

    def snapshot_column(self, name: str) -> str:
        """What a snapshot calls one of the columns that dbt adds, such as dbt_valid_from."""
        return str((self.config.get("snapshot_meta_column_names") or {}).get(name) or name)

    @property
    def role(self) -> str | None:
        found = self.meta.get("role")
        return None if found is None else str(found)


@dataclass(frozen=True)
class ViewParts:
    """A feature view with the models that it joins, as their roles say."""

    view: Node
    spine: Node
    groups: tuple[Node, ...]
    label: Node | None


class Graph:
    """The relations by their id."""

    def __init__(self, nodes: Iterable[Node]) -> None:
        self.nodes = {node.id: node for node in nodes}

    @cached_property
    def by_relation(self) -> dict[tuple[str, str, str], Node]:
        return {_folded(node.relation): node for node in self.nodes.values()}

    def find(self, database: str, schema: str, table: str) -> Node | None:
        """The node behind a relation that a query names."""
        return self.by_relation.get(_folded((database, schema, table)))

    def parents(self, node: Node) -> list[Node]:
        return [self.nodes[parent] for parent in node.parents if parent in self.nodes]

    def ancestors(self, node: Node) -> list[Node]:
        """The node and all that it is made of, each after its parents."""
        found: dict[str, Node] = {}

        def visit(current: Node) -> None:
            if current.id not in found:
                for parent in self.parents(current):
                    visit(parent)
                found[current.id] = current

        visit(node)
        return list(found.values())

    @property
    def views(self) -> Iterator[Node]:
        return (node for node in self.nodes.values() if node.role == "feature_view")

    def view(self, name: str) -> ViewParts:
        """A feature view and its parts. Raises ProjectError when it is unknown or has not one spine."""
        views = {node.name: node for node in self.views}
        if name not in views:
            raise ProjectError(
                f"no feature view '{name}'{did_you_mean(name, views)}; a feature view says "
                "config: {meta: {asof: {role: feature_view}}} in its YAML"
            )
        parents = self.parents(views[name])
        spines = [node for node in parents if node.role == "spine"]
        labels = [node for node in parents if node.role == "label"]
        if len(spines) != 1 or len(labels) > 1:
            raise ProjectError(
                f"feature view {name}: it must read one spine and at most one label model, it reads "
                f"{len(spines)} and {len(labels)}; the role of each is in its YAML"
            )
        groups = tuple(node for node in parents if node.role == "feature_group")
        return ViewParts(views[name], spines[0], groups, labels[0] if labels else None)


def read_graph(manifest: Mapping[str, Any]) -> Graph:
    """The graph in a manifest that `dbt compile` wrote."""
    found = [*manifest["nodes"].values(), *manifest["sources"].values()]
    kinds = {"model", "snapshot", "seed", "source"}
    return Graph(_node(entry) for entry in found if entry["resource_type"] in kinds)


def _node(entry: Mapping[str, Any]) -> Node:
    config = entry.get("config") or {}
    meta = config.get("meta") or entry.get("meta") or {}
    own = meta.get("asof")
    return Node(
        id=entry["unique_id"],
        name=entry["name"],
        kind=entry["resource_type"],
        relation=(entry["database"] or "", entry["schema"], entry.get("alias") or entry.get("identifier") or ""),
        parents=tuple((entry.get("depends_on") or {}).get("nodes", ())),
        sql=entry.get("compiled_code") if entry.get("language", "sql") == "sql" else None,
        path=entry.get("original_file_path", ""),
        meta=own if isinstance(own, dict) else {},
        config=config,
        columns=tuple(entry.get("columns") or ()),
        written=entry.get("raw_code") or "",
    )


def _folded(relation: tuple[str, str, str]) -> tuple[str, str, str]:
    database, schema, table = relation
    return (database.lower(), schema.lower(), table.lower())
