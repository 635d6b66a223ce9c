"""The side of a plan that dbt compiles: a working tree, or a commit in a folder of its own. It need not be built.

dbt compiles it in an empty scratch warehouse. The columns of a spine, group, label or view are those of its contract; one
without a contract is built there from empty sources.
"""

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from asof.dbt_files.graph import Graph, Node
from asof.dbt_files.manifest import read_graph
from asof.dbt_files.profiles import write_scratch_profile
from asof.dbt_files.run import Dbt
from asof.errors import ProjectError
from asof.features.fingerprints.compiled import compiled_models
from asof.plan.side import Side, ViewSide
from asof.project import Project
from asof.warehouse.database import open_database
from asof.warehouse.opening import warehouse_file
from asof.warehouse.sql import quoted

_WITH_COLUMNS = {"spine", "feature_group", "label", "feature_view"}  # a view asks dbt for the columns of these


def compiled_side(project: Project, title: str, files: Project | None = None) -> Side:
    """The feature views of a project's files as dbt would build them in full at the project's present. `files` is the project in another
    folder, where they are not its own.

    Raises ProjectError with dbt's words when it cannot be compiled, and where a source that is needed has no known columns.
    """
    now, files = project.clock.now(), files or project
    with tempfile.TemporaryDirectory(prefix="asof-plan-") as name, files.running_dbt(Path(name)) as dbt:
        folder = Path(name)
        parsed = read_graph(dbt.parsed())
        views = sorted(parsed.views, key=lambda view: view.name)
        if not views:
            return Side(title, {})
        # the scratch warehouse has the real one's name, since relations are called by it
        scratch = folder / "warehouse" / _file_name(project)
        scratch.parent.mkdir()
        profiles = None
        types: dict[str, dict[str, str]] = {}
        if project.target.adapter == "duckdb":
            write_scratch_profile(project.target, folder, scratch)
            profiles = folder
            types = _built_empty(project, parsed, views, dbt, scratch, folder)
        manifest = dbt.run(
            "compile",
            now,
            folder,
            select=[f"+{view.name}" for view in views],
            exclude=("test", "unit_test"),
            profiles=profiles,
        )
    graph = read_graph(manifest)
    return Side(title, {view.name: _view(graph, graph.nodes[view.id], types, project) for view in views})


def _view(graph: Graph, view: Node, types: dict[str, dict[str, str]], project: Project) -> ViewSide:
    below = [node for node in graph.below(view) if node.kind == "model"]
    readers = {view.id, *(node.id for node in below)}
    return ViewSide(
        id=view.id,
        name=view.name,
        models=compiled_models(graph, view, project.clock.now()),
        types=dict(view.contract or types.get(view.id) or dict.fromkeys(view.columns)),
        paths={node.id: f"{project.dbt_dir.name}/{node.path}" for node in graph.ancestors(view)},
        readers=tuple(node.name for node in below),
        exposures=tuple(each for each in graph.exposures if readers & set(each.parents)),
    )


def _file_name(project: Project) -> str:
    return warehouse_file(project.target).name if project.target.adapter == "duckdb" else "scratch.duckdb"


def _built_empty(
    project: Project, graph: Graph, views: Sequence[Node], dbt: Dbt, scratch: Path, folder: Path
) -> dict[str, dict[str, str]]:
    """Builds what has no contract from empty sources; the types of the columns of each such model, by unique id."""
    needed = {
        node.id: node
        for view in views
        for node in [view, *graph.parents(view)]
        if node.role in _WITH_COLUMNS and not node.contract
    }
    if not needed:
        return {}
    above = {each.id: each for node in needed.values() for each in graph.ancestors(node)}
    _create_sources(project, [node for node in above.values() if node.kind in {"source", "snapshot"}], scratch)
    dbt.run(
        "build",
        project.clock.now(),
        folder,
        select=[f"+{node.name}" for node in needed.values()],
        exclude=("test", "unit_test", "snapshot"),
        profiles=folder,
    )
    with open_database(scratch) as connection:
        found: dict[str, dict[str, str]] = {}
        for node in needed.values():
            relation = quoted(*node.relation[1:])
            described = connection.execute(f"describe {relation}").fetchall()
            found[node.id] = {row[0]: row[1] for row in described}
    return found


def _create_sources(project: Project, nodes: Iterable[Node], scratch: Path) -> None:
    """Empty tables for sources and snapshots: as the real warehouse has them, else as their YAML describes them."""
    real = dict(_columns_in(project))
    with open_database(scratch) as connection:
        for node in nodes:
            _, schema, table = node.relation
            columns = real.get((schema.lower(), table.lower())) or node.contract
            if not columns:
                raise ProjectError(
                    f"{node.kind} {node.name}: its columns are not known, since the warehouse does not have {schema}.{table}; load it, "
                    "or enforce a contract with data types on the spines, groups, labels and views that are made of it"
                )
            listed = ", ".join(f"{quoted(name)} {type_}" for name, type_ in columns.items())
            connection.execute(f"create schema if not exists {quoted(schema)}")
            connection.execute(f"create table {quoted(schema, table)} ({listed})")


def _columns_in(project: Project) -> Iterator[tuple[tuple[str, str], dict[str, str]]]:
    if not warehouse_file(project.target).exists():
        return
    found: dict[tuple[str, str], dict[str, str]] = {}
    with project.warehouse(read_only=True) as warehouse:
        for row in warehouse.rows(
            "select lower(table_schema) as table_schema, lower(table_name) as table_name, column_name, data_type "
            "from information_schema.columns where table_catalog = ? order by ordinal_position",
            [warehouse.catalog],
        ):
            found.setdefault((row["table_schema"], row["table_name"]), {})[row["column_name"]] = row["data_type"]
    yield from found.items()
