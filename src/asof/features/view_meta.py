"""What a feature view is: its table, its key, its moment of prediction and its labels.

The warehouse's record of its last build says so; where there is none, the YAML in dbt's manifest does.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asof.dbt_files.graph import Graph, Node
from asof.features.builds import Build, relation_parts


@dataclass(frozen=True)
class LabelMeta:
    """A label model: the table that holds its outcomes, and the column that says when each was known."""

    schema: str
    table: str
    known_at: str


@dataclass(frozen=True)
class ViewMeta:
    """A feature view. `name` is as dbt selects it, `id` is the unique id that dbt gives it."""

    name: str
    schema: str
    table: str
    key: tuple[str, ...]
    as_of: str
    labels: tuple[str, ...]
    build_command: str
    id: str
    label: LabelMeta | None = None


def build_command(view: str, dbt_dir: Path) -> str:
    """The command that builds a view and all that it is made of."""
    return f"dbt build --project-dir {dbt_dir.name} --select +{view}"


def meta_of_build(build: Build, name: str, dbt_dir: Path) -> ViewMeta | None:
    """A feature view as its last build recorded it; None where that is not on record."""
    if build.model is None or build.table is None or build.composition is None:
        return None
    spine, label = build.composition["spine"], build.composition["label"]
    return ViewMeta(
        name=name,
        schema=build.table[0],
        table=build.table[1],
        key=tuple(column for column in spine["key"] if column != spine["as_of"]),
        as_of=spine["as_of"],
        labels=tuple(label["labels"]) if label else (),
        build_command=build_command(name, dbt_dir),
        id=build.model,
        label=_label_in(label) if label else None,
    )


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
        build_command=build_command(name, dbt_dir),
        id=parts.view.id,
        label=_label(parts.label) if parts.label else None,
    )


def _label(node: Node) -> LabelMeta:
    _, schema, table = node.relation
    return LabelMeta(schema, table, str(node.said("known_at")))


def _label_in(composition: Mapping[str, Any]) -> LabelMeta:
    schema, table = relation_parts(composition["relation"])[-2:]
    return LabelMeta(schema, table, composition["known_at"])
