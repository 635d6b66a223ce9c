"""Reads what dbt wrote of its project: which model is a feature view, and what its spine and labels are."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asof.errors import NotBuiltError, ProjectError, did_you_mean


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


def read_view_meta(dbt_dir: Path, target_path: str, name: str) -> ViewMeta:
    """The feature view `name` of a dbt project.

    Raises NotBuiltError when dbt has not run yet, ProjectError when the model is unknown or has not the roles it needs.
    """
    nodes = _read_nodes(dbt_dir, target_path)
    views = {
        node["name"]: unique_id
        for unique_id, node in nodes.items()
        if node["resource_type"] == "model" and _meta(node).get("role") == "feature_view"
    }
    if name not in views:
        raise ProjectError(
            f"dbt project {dbt_dir.name}: no feature view '{name}'{did_you_mean(name, views)}; "
            "a feature view says config: {meta: {asof: {role: feature_view}}} in its YAML"
        )
    view = nodes[views[name]]
    parents = [nodes[parent] for parent in view["depends_on"]["nodes"] if parent in nodes]
    spines = [parent for parent in parents if _meta(parent).get("role") == "spine"]
    labels = [parent for parent in parents if _meta(parent).get("role") == "label"]
    if len(spines) != 1 or len(labels) > 1:
        raise ProjectError(
            f"feature view {name}: it must read one spine and at most one label model, it reads "
            f"{len(spines)} and {len(labels)}; the role of each is in its YAML"
        )
    as_of = _said(spines[0], "as_of")
    return ViewMeta(
        name=name,
        schema=view["schema"],
        table=view["alias"] or name,
        key=tuple(name for name in _names(spines[0], "key") if name != as_of),
        as_of=as_of,
        labels=tuple(_names(labels[0], "labels")) if labels else (),
        build_command=f"dbt build --project-dir {dbt_dir.name} --select +{name}",
        id=views[name],
        parents=_parents(nodes, views[name]),
        label=LabelMeta(labels[0]["schema"], labels[0]["alias"] or labels[0]["name"], str(_said(labels[0], "known_at")))
        if labels
        else None,
    )


def _parents(nodes: dict[str, dict[str, Any]], view: str) -> dict[str, tuple[str, ...]]:
    """The models and snapshots that each is made of, for a view and everything above it."""
    found: dict[str, tuple[str, ...]] = {}
    waiting = [view]
    while waiting:
        name = waiting.pop()
        above = [parent for parent in nodes[name]["depends_on"]["nodes"] if parent in nodes]
        above = [parent for parent in above if nodes[parent]["resource_type"] in {"model", "snapshot"}]
        found[name] = tuple(above)
        waiting += [parent for parent in above if parent not in found]
    return found


def find_readout(dbt_dir: Path, target_path: str, model: str) -> tuple[str, str] | None:
    """Schema and table of the dbt model that says of itself that it is the readout of a model's experiment."""
    for node in _read_nodes(dbt_dir, target_path).values():
        meta = _meta(node)
        if node["resource_type"] == "model" and (meta.get("role"), meta.get("model")) == ("experiment", model):
            return node["schema"], node["alias"] or node["name"]
    return None


def _read_nodes(dbt_dir: Path, target_path: str) -> dict[str, dict[str, Any]]:
    path = dbt_dir / target_path / "manifest.json"
    try:
        nodes: dict[str, dict[str, Any]] = json.loads(path.read_text())["nodes"]
    except FileNotFoundError:
        raise NotBuiltError(
            f"dbt has not run yet: {path} is not there; run: dbt build --project-dir {dbt_dir.name}"
        ) from None
    except (ValueError, KeyError, TypeError):
        raise NotBuiltError(
            f"{path} is not whole, as while dbt is writing it; wait for dbt, or run: dbt parse --project-dir {dbt_dir.name}"
        ) from None
    return nodes


def _names(node: dict[str, Any], key: str) -> list[str]:
    names = _said(node, key)
    if not isinstance(names, list):
        raise ProjectError(
            f"dbt model {node['name']}: expected a list as its {key}, got {names!r}; write {key}: [{names}]"
        )
    return names


def _said(node: dict[str, Any], key: str) -> Any:
    value = _meta(node).get(key)
    if not value:
        raise ProjectError(f"dbt model {node['name']} does not say its {key}; add {key}: ... to meta.asof in its YAML")
    return value


def _meta(node: dict[str, Any]) -> dict[str, Any]:
    meta = (node.get("config") or {}).get("meta") or node.get("meta") or {}
    found = meta.get("asof")
    return found if isinstance(found, dict) else {}
