"""`asof features`: what there is to reuse before one writes another."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asof.catalogue.reading import BuiltView, Catalogue, read_catalogue
from asof.dbt_files.graph import Node
from asof.errors import ProjectError, did_you_mean
from asof.features.view import LABEL_KNOWN_AT
from asof.project import Project
from asof.registry.store import reading
from asof.warehouse.connection import Warehouse
from asof.warehouse.sql import quoted


@dataclass(frozen=True)
class FeatureUse:
    """A version behind an alias that uses a feature. `worth` is what shuffling it costs on the test split, in the metric named."""

    model: str
    version: int
    aliases: tuple[str, ...]
    metric: str | None
    worth: float | None


@dataclass(frozen=True)
class FeatureEntry:
    """A feature of a view.

    `group` is the dbt model that it comes from, None for a column of the spine and one that the view computes. `entity` is what it is
    looked up by, `event_time` and `known_at` are its times. `null_share` is of the rows of the view, `seconds` how long dbt took for
    the last build of the group. Both are None where the view is not built.
    """

    name: str
    view: str
    type: str | None
    description: str
    owner: str
    group: str | None
    entity: tuple[str, ...]
    event_time: str | None
    known_at: str | None
    ttl: str | None
    built_up_to: datetime | None
    null_share: float | None
    seconds: float | None
    used_by: tuple[FeatureUse, ...]


def list_features(name: str | None = None, project: Project | None = None) -> list[FeatureEntry]:
    """The features of all views, or those that are called `name`.

    Raises ProjectError when there is none of that name, or dbt cannot parse the project.
    """
    project = project or Project.open()
    graph = project.parsed()
    with reading(project) as registry:
        catalogue = read_catalogue(project, registry, graph)
        entries = [
            entry
            for view in catalogue.views
            for entry in _of_view(catalogue, view, registry.warehouse)
            if name is None or entry.name == name
        ]
    if name is not None and not entries:
        known = {column for view in catalogue.views for column in view.node.columns}
        raise ProjectError(f"no feature '{name}'{did_you_mean(name, known)}; see all with: asof features")
    return entries


def _of_view(catalogue: Catalogue, view: BuiltView, warehouse: Warehouse) -> Iterator[FeatureEntry]:
    node, meta, build = view.node, view.meta, view.build
    types: Mapping[str, str | None] = dict(node.contract) or dict.fromkeys(node.columns)
    nulls: dict[str, float | None] = {}
    if meta is not None and warehouse.has_table(meta.schema, meta.table):
        types = dict(warehouse.column_types(meta.schema, meta.table))
        nulls = _null_shares(warehouse, meta.schema, meta.table, list(types))
    groups = _groups(build.composition if build else None)
    parts = [parent for parent in catalogue.graph.parents(node) if parent.role in {"spine", "label"}]
    labels = [column for part in parts if part.role == "label" for column in part.meta.get("labels", ())]
    spines = [part for part in parts if part.role == "spine"]
    keys = [column for spine in spines for column in [*spine.meta.get("key", ()), spine.meta.get("as_of")]]
    seconds = catalogue.record.seconds()
    for column, type_ in types.items():
        if column in {*labels, LABEL_KNOWN_AT, *keys}:
            continue
        group = groups.get(column, {})
        model = catalogue.graph.nodes.get(group.get("model", ""))
        described = [node, *([model] if model else []), *spines]
        yield FeatureEntry(
            name=column,
            view=node.name,
            type=type_,
            description=_first(each.column_descriptions.get(group.get("column", column), "") for each in described),
            owner=_first(each.owner for each in described),
            group=model.name if model else None,
            entity=tuple(group.get("entity", {})),
            event_time=group.get("event_time"),
            known_at=group.get("known_at"),
            ttl=group.get("ttl"),
            built_up_to=build.built_up_to if build else None,
            null_share=nulls.get(column),
            seconds=seconds.get(model.id) if model else None,
            used_by=tuple(_uses(catalogue, node, column)),
        )


def _groups(composition: dict[str, Any] | None) -> dict[str, dict[str, Any]]:
    """The group of each column of a view, with the column's name there."""
    return {
        of_view: {**group, "column": of_group}
        for group in (composition or {"groups": []})["groups"]
        for of_group, of_view in group["columns"].items()
    }


def _uses(catalogue: Catalogue, view: Node, column: str) -> Iterator[FeatureUse]:
    for version in catalogue.versions:
        aliases = catalogue.aliases_of(version)
        if not aliases or version.feature_view != view.name:
            continue
        for feature in catalogue.features[version.model, version.version]:
            if feature.feature == column:
                yield FeatureUse(
                    version.model, version.version, tuple(aliases), feature.importance_metric, feature.importance
                )


def _null_shares(warehouse: Warehouse, schema: str, table: str, columns: list[str]) -> dict[str, float | None]:
    shares = ", ".join(f"avg(({quoted(name)} is null)::integer) as {quoted(name)}" for name in columns)
    return dict(warehouse.rows(f"select {shares} from {warehouse.qualified(schema, table)}")[0])


def _first(texts: Iterator[str]) -> str:
    return next((" ".join(text.split()) for text in texts if text), "")
