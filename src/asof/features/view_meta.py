"""What a feature view's YAML and that of its parents say of it: its tables, its key, its moment of prediction and its labels."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from asof.dbt_files.graph import Graph, Node


@dataclass(frozen=True)
class LabelMeta:
    """A label model: the table that holds its outcomes, and the column that says when each was known."""

    schema: str
    table: str
    known_at: str


@dataclass(frozen=True)
class ViewMeta:
    """A feature view as its YAML and that of its parents describe it."""

    name: str
    schema: str
    table: str
    key: tuple[str, ...]
    as_of: str
    labels: tuple[str, ...]
    build_command: str
    id: str
    parents: Mapping[str, tuple[str, ...]]  # of it and of all models and snapshots above it
    label: LabelMeta | None = None


def view_meta(graph: Graph, name: str, dbt_dir: Path) -> ViewMeta:
    """The feature view `name` of a dbt project. Raises ProjectError when it is unknown or has not the roles it needs."""
    parts = graph.view(name)
    _, schema, table = parts.view.relation
    as_of = str(parts.spine.said("as_of"))
    return ViewMeta(
        name=name,
        schema=schema,
        table=table,
        key=tuple(column for column in parts.spine.names("key") if column != as_of),
        as_of=as_of,
        labels=parts.label.names("labels") if parts.label else (),
        build_command=f"dbt build --project-dir {dbt_dir.name} --select +{name}",
        id=parts.view.id,
        parents=_parents(graph, parts.view),
        label=_label(parts.label) if parts.label else None,
    )


def _label(node: Node) -> LabelMeta:
    _, schema, table = node.relation
    return LabelMeta(schema, table, str(node.said("known_at")))


def _parents(graph: Graph, view: Node) -> dict[str, tuple[str, ...]]:
    """The models and snapshots that each is made of, for a view and everything above it."""
    return {
        node.id: tuple(parent.id for parent in graph.parents(node) if parent.kind in {"model", "snapshot"})
        for node in graph.ancestors(view)
        if node.kind in {"model", "snapshot"}
    }
