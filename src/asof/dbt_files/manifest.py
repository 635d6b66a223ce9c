"""Reads dbt's manifest, in which dbt says what a project is made of. Nothing else knows its form."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from asof.dbt_files.graph import Exposure, Graph, Node
from asof.errors import NotBuiltError

_KINDS = {"model", "snapshot", "seed", "source"}


def read_manifest(dbt_dir: Path, target_path: str) -> Graph:
    """The graph that dbt's last run on a project left in its target folder, often without compiled SQL.

    Raises NotBuiltError when dbt has not run yet, or is writing.
    """
    path = dbt_dir / target_path / "manifest.json"
    try:
        return read_graph(json.loads(path.read_text()))
    except FileNotFoundError:
        raise NotBuiltError(
            f"dbt has not run yet: {path} is not there; run: dbt build --project-dir {dbt_dir.name}"
        ) from None
    except (ValueError, KeyError, TypeError):
        raise NotBuiltError(
            f"{path} is not whole, as while dbt is writing it; wait for dbt, or run: dbt parse --project-dir {dbt_dir.name}"
        ) from None


def read_graph(manifest: Mapping[str, Any]) -> Graph:
    """The graph in the content of a manifest; after `dbt compile` its models have their SQL."""
    entries = [*manifest["nodes"].values(), *manifest["sources"].values()]
    ours = {"asof", "dbt", f"dbt_{(manifest.get('metadata') or {}).get('adapter_type')}"}
    macros = {id_: macro for id_, macro in (manifest.get("macros") or {}).items() if id_.split(".")[1] not in ours}
    exposures = (_exposure(entry) for entry in (manifest.get("exposures") or {}).values())
    groups = manifest.get("groups") or {}
    owners = {group["name"]: _owner(group.get("owner")) for group in groups.values()}
    return Graph((_node(entry, macros, owners) for entry in entries if entry["resource_type"] in _KINDS), exposures)


def _exposure(entry: Mapping[str, Any]) -> Exposure:
    return Exposure(
        name=entry["name"],
        type=entry.get("type") or "",
        owner=_owner(entry.get("owner")),
        parents=tuple((entry.get("depends_on") or {}).get("nodes", ())),
    )


def _owner(owner: Mapping[str, Any] | str | None) -> str:
    """An owner as dbt's YAML has it: a name or address, or a text in a model's meta."""
    if not owner or isinstance(owner, str):
        return str(owner or "")
    return str(owner.get("name") or owner.get("email") or "")


def _node(entry: Mapping[str, Any], macros: Mapping[str, Mapping[str, Any]], owners: Mapping[str, str]) -> Node:
    config = entry.get("config") or {}
    meta = config.get("meta") or entry.get("meta") or {}
    own = meta.get("asof")
    is_sql = entry.get("language", "sql") == "sql"
    in_batches = config.get("incremental_strategy") == "microbatch"
    return Node(
        id=entry["unique_id"],
        name=entry["name"] if entry.get("version") is None else f"{entry['name']}.v{entry['version']}",
        kind=entry["resource_type"],
        relation=(entry["database"] or "", entry["schema"], entry.get("alias") or entry.get("identifier") or ""),
        parents=tuple((entry.get("depends_on") or {}).get("nodes", ())),
        sql=entry.get("compiled_code") if is_sql else None,
        path=entry.get("original_file_path", ""),
        meta=own if isinstance(own, dict) else {},
        config=config,
        columns=tuple(entry.get("columns") or ()),
        contract=_contract(entry, config),
        written=entry.get("raw_code") or "",
        description=entry.get("description") or "",
        column_descriptions={
            name: column.get("description") or "" for name, column in (entry.get("columns") or {}).items()
        },
        owner=owners.get(config.get("group") or "") or _owner(meta.get("owner")),
        relation_name=entry.get("relation_name") or "",
        macros=tuple(_macros_of(entry, macros)) if not is_sql or in_batches else (),
        language=entry.get("language", "sql"),
        checksum=str((entry.get("checksum") or {}).get("checksum") or "") if entry["resource_type"] == "seed" else "",
    )


def _macros_of(entry: Mapping[str, Any], macros: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """The text of the macros that a model calls, but for those of asof and of dbt."""
    called = list((entry.get("depends_on") or {}).get("macros", ()))
    for id_ in called:
        if id_ in macros:
            yield macros[id_]["macro_sql"]
            called += [other for other in macros[id_]["depends_on"]["macros"] if other not in called]


def _contract(entry: Mapping[str, Any], config: Mapping[str, Any]) -> dict[str, str]:
    """The types of a contract that is enforced and names the type of every column; nothing otherwise."""
    columns = entry.get("columns") or {}
    types = {name: str(column.get("data_type") or "") for name, column in columns.items()}
    return types if (config.get("contract") or {}).get("enforced") and all(types.values()) else {}
