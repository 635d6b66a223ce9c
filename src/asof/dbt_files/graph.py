"""A dbt project as a graph of relations: which there are, what each is made of, and which of them are parts of a feature view."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from asof.errors import ProjectError, did_you_mean

NodeKind = Literal["model", "snapshot", "seed", "source"]


@dataclass(frozen=True, eq=False)
class Node:
    """A relation of the project; a graph has one object for each. `sql` is its compiled query, `written` the text that it was
    compiled from; sources and seeds have none. The `name` of a version of a model is as dbt selects it: `orders.v2`.
    """

    id: str
    name: str
    kind: NodeKind
    relation: tuple[str, str, str]  # database, schema, table; as dbt writes it in SQL: `relation_name`
    parents: tuple[str, ...] = ()
    sql: str | None = None
    path: str = ""
    meta: Mapping[str, Any] = field(default_factory=dict)  # meta.asof
    config: Mapping[str, Any] = field(default_factory=dict)
    columns: tuple[str, ...] = ()  # those that its YAML describes
    contract: Mapping[str, str] = field(default_factory=dict)  # the type of each column, where its contract is enforced
    written: str = ""
    checksum: str = ""  # of a seed's file
    relation_name: str = ""
    description: str = ""
    column_descriptions: Mapping[str, str] = field(default_factory=dict)
    owner: str = ""  # of its dbt group, or meta.owner
    macros: tuple[
        str, ...
    ] = ()  # the text of the project's macros that it calls, of a model without SQL that could be followed
    language: str = "sql"

    def snapshot_column(self, name: str) -> str:
        """What a snapshot calls one of the columns that dbt adds, such as dbt_valid_from."""
        return str((self.config.get("snapshot_meta_column_names") or {}).get(name) or name)

    @property
    def role(self) -> str | None:
        found = self.meta.get("role")
        return None if found is None else str(found)

    def said(self, key: str) -> Any:
        """What its YAML says under a key of `meta.asof`. Raises ProjectError where it says nothing."""
        value = self.meta.get(key)
        if not value:
            raise ProjectError(f"dbt model {self.name} does not say its {key}; add {key}: ... to meta.asof in its YAML")
        return value

    def names(self, key: str) -> tuple[str, ...]:
        """The list of names that its YAML says under a key of `meta.asof`. Raises ProjectError."""
        names = self.said(key)
        if not isinstance(names, list):
            raise ProjectError(
                f"dbt model {self.name}: expected a list as its {key}, got {names!r}; write {key}: [{names}]"
            )
        return tuple(names)


@dataclass(frozen=True)
class Exposure:
    """Something outside dbt that reads its relations, such as a dashboard, as the project's YAML describes it."""

    name: str
    type: str
    owner: str
    parents: tuple[str, ...]


@dataclass(frozen=True)
class ViewParts:
    """A feature view with the models that it joins, as their roles say."""

    view: Node
    spine: Node
    groups: tuple[Node, ...]
    label: Node | None


class Graph:
    """The relations by their id."""

    def __init__(self, nodes: Iterable[Node], exposures: Iterable[Exposure] = ()) -> None:
        self.nodes = {node.id: node for node in nodes}
        self.exposures = tuple(exposures)

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

    def below(self, node: Node) -> list[Node]:
        """The nodes that are made of a node, directly or not, in the order of their ids."""
        reached = {node.id}
        while True:
            more = {each.id for each in self.nodes.values() if each.id not in reached and reached & set(each.parents)}
            if not more:
                return [self.nodes[id_] for id_ in sorted(reached - {node.id})]
            reached |= more

    @property
    def views(self) -> Iterator[Node]:
        return (node for node in self.nodes.values() if node.kind == "model" and node.role == "feature_view")

    def experiment(self, model: str) -> Node | None:
        """The dbt model that says of itself that it is the readout of a model's experiment."""
        for node in self.nodes.values():
            if node.kind == "model" and (node.role, node.meta.get("model")) == ("experiment", model):
                return node
        return None

    def view(self, name: str) -> ViewParts:
        """A feature view and its parts. Raises ProjectError when it is unknown or has not one spine."""
        views = {node.name: node for node in self.views}
        versions = versions_of(name, views)
        if name not in views and versions:
            raise ProjectError(
                f"feature view {name} has dbt model versions ({', '.join(versions)}); say which one, in a spec as "
                f"version: {name_and_version(versions[-1])[1]}"
            )
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


def name_and_version(name: str) -> tuple[str, str | None]:
    """The name of a dbt model and its version, from its name as dbt selects it: `orders.v2` is version 2 of `orders`."""
    base, mark, version = name.rpartition(".v")
    return (base, version) if mark else (name, None)


def versions_of(name: str, models: Iterable[str]) -> list[str]:
    """Which of some models are versions of the one called `name`, in their order."""
    return [model for model in models if name_and_version(model)[0] == name and model != name]


def _folded(relation: tuple[str, str, str]) -> tuple[str, str, str]:
    database, schema, table = relation
    return (database.lower(), schema.lower(), table.lower())
