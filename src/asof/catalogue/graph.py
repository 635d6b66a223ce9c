"""`asof graph`: everything from the sources to the dashboards as nodes and edges, for orchestrators, dashboards and lineage tools."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from asof.catalogue.reading import Catalogue, read_catalogue
from asof.features.lineage.query import dialect_of
from asof.features.pins import pins_of
from asof.project import Project
from asof.registry.store import reading

_KINDS = {"feature_group": "group", "spine": "spine", "label": "label", "feature_view": "view"}


@dataclass(frozen=True)
class GraphNode:
    """`kind` is source, seed, snapshot, model, spine, label, group, view, feature, version, alias, predictions or exposure."""

    id: str
    kind: str
    name: str
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ProjectGraph:
    """An edge (from, to) leads from what is read to what is made of it."""

    nodes: list[GraphNode]
    edges: list[tuple[str, str]]


def project_graph(project: Project | None = None) -> ProjectGraph:
    """The graph of a project at its present. Raises ProjectError when dbt cannot parse the project, WarehouseError."""
    project = project or Project.open()
    graph = project.parsed()
    with reading(project) as registry:
        catalogue = read_catalogue(project, registry, graph)
    nodes = [*_dbt_nodes(catalogue)]
    edges = [(parent, node.id) for node in graph.nodes.values() for parent in node.parents if parent in graph.nodes]
    for found, made_of in (
        *_features(catalogue, project),
        *_versions(catalogue, project),
    ):
        nodes.append(found)
        edges += [(source, found.id) for source in made_of]
    for exposure in graph.exposures:
        nodes.append(
            GraphNode(
                f"exposure.{exposure.name}", "exposure", exposure.name, {"type": exposure.type, "owner": exposure.owner}
            )
        )
        edges += [(parent, f"exposure.{exposure.name}") for parent in exposure.parents]
    edges += _prediction_sources(catalogue, project)
    known = {node.id for node in nodes}
    return ProjectGraph(nodes, sorted({edge for edge in edges if known.issuperset(edge)}))


def _dbt_nodes(catalogue: Catalogue) -> Iterator[GraphNode]:
    built = catalogue.record.last_built()
    up_to = {view.node.id: view.build.built_up_to for view in catalogue.views if view.build}
    for node in catalogue.graph.nodes.values():
        kind = _KINDS.get(node.role or "", node.kind)
        facts = {
            "relation": node.relation_name,
            "description": " ".join(node.description.split()),
            "owner": node.owner,
            "last_built": built.get(node.id),
            "built_up_to": up_to.get(node.id),
        }
        yield GraphNode(node.id, kind, node.name, facts)


def _features(catalogue: Catalogue, project: Project) -> Iterator[tuple[GraphNode, list[str]]]:
    """The columns of each view that is built, with their fingerprints."""
    dialect = dialect_of(project.target.adapter)
    for view in catalogue.views:
        if view.meta is None or view.build is None or view.build.composition is None:
            continue
        made_of = {
            column: group["model"] for group in view.build.composition["groups"] for column in group["columns"].values()
        }
        columns = list(view.node.columns or made_of)
        built = catalogue.record.built_from(view.meta.id)
        fingerprints = pins_of(built, view.meta, columns, dialect).fingerprints
        for column in columns:
            facts = {
                "view": view.node.name,
                "fingerprint": fingerprints.get(column),
                "type": view.node.contract.get(column),
            }
            yield (
                GraphNode(f"feature.{view.node.name}.{column}", "feature", column, facts),
                [view.node.id, *([made_of[column]] if column in made_of else [])],
            )


def _versions(catalogue: Catalogue, project: Project) -> Iterator[tuple[GraphNode, list[str]]]:
    """Versions with the features that they use, aliases, and the tables of their predictions."""
    for version in catalogue.versions:
        id_ = f"version.{version.model}.{version.version}"
        features = catalogue.features[version.model, version.version]
        facts = {
            "model": version.model,
            "version": version.version,
            "status": version.status,
            "known_by": version.known_by,
            "feature_view": version.feature_view,
            "built_from": json.loads(version.built_from) if version.built_from else None,
            "fingerprints": {feature.feature: feature.fingerprint for feature in features},
        }
        made_of = [f"feature.{version.feature_view}.{feature.feature}" for feature in features]
        yield GraphNode(id_, "version", f"{version.model} {version.version}", facts), made_of
    for (model, alias), number in sorted(catalogue.aliases.items()):
        id_ = f"alias.{model}.{alias}"
        yield (
            GraphNode(id_, "alias", f"{model} {alias}", {"model": model, "alias": alias, "version": number}),
            [f"version.{model}.{number}"],
        )
    for model in sorted({model for model, _ in catalogue.aliases}):
        aliases = [f"alias.{model}.{alias}" for of, alias in sorted(catalogue.aliases) if of == model]
        relation = f"{project.predictions_schema}.{model}"
        yield GraphNode(f"predictions.{model}", "predictions", relation, {"relation": relation}), aliases


def _prediction_sources(catalogue: Catalogue, project: Project) -> Iterator[tuple[str, str]]:
    """From the table of predictions of a model to the source by which the dbt project reads it."""
    for node in catalogue.graph.nodes.values():
        if node.kind == "source" and node.relation[1].lower() == project.predictions_schema.lower():
            yield f"predictions.{node.relation[2]}", node.id
