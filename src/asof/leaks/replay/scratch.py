"""A scratch warehouse for one moment of the past: sources as they are, snapshots as they were, everything else built again.

The real warehouse is attached to it for reading, and nothing is written to it. What stands there as a view is copied
first, since its SQL names the database, and would be read from the scratch database, which has the same name.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from asof.dbt_files.graph import Graph, Node
from asof.dbt_files.manifest import read_graph
from asof.dbt_files.profiles import write_scratch_profile
from asof.dbt_files.run import Dbt
from asof.errors import ProjectError
from asof.project import Project
from asof.warehouse.database import UNUSABLE, Connection, open_database
from asof.warehouse.opening import connect, warehouse_file
from asof.warehouse.sql import quoted

TODAY = "asof_today"  # what the real warehouse is called in the scratch one
COPIES = "asof_copies"  # and the copies of its views


@dataclass(frozen=True)
class Scratch:
    """A folder in which a project is built as of one moment, in a database of the same name as the real one."""

    project: Project
    folder: Path
    dbt: Dbt
    copied: set[str] = field(default_factory=set)

    @property
    def file(self) -> Path:
        return self.folder / "warehouse" / warehouse_file(self.project.target).name

    @property
    def _copies(self) -> Path:
        return self.folder / "copies.duckdb"

    def copy_views(self, nodes: Iterable[Node]) -> None:
        """Copies those of today's relations that are views, read where their SQL was made to be read.

        Waits for whoever writes to the warehouse. Raises WarehouseError when it cannot be read.
        """
        real = warehouse_file(self.project.target)
        with connect(self.project.target, read_only=True, wait=self.project.wait) as waited:
            (catalog,) = waited.execute("select current_database()").fetchone() or ("",)
        with open_database() as connection:
            connection.execute(f"attach {_text(real)} as {quoted(catalog)} (read_only)")
            connection.execute(f"attach {_text(self._copies)} as {COPIES}")
            views = connection.execute(
                "select lower(schema_name), lower(view_name) from duckdb_views() where database_name = ?", [catalog]
            ).fetchall()
            for node in nodes:
                _, schema, table = node.relation
                if (schema.lower(), table.lower()) in views:
                    connection.execute(f"create schema if not exists {quoted(COPIES, schema)}")
                    connection.execute(
                        f"create or replace table {quoted(COPIES, schema, table)} as "
                        f"from {quoted(catalog, schema, table)}"
                    )
                    self.copied.add(node.id)

    def set_aside(self, nodes: Iterable[Node]) -> None:
        """Copies built relations to the place where `today` finds them, before the next build replaces them."""
        with open_database() as connection:
            connection.execute(f"attach {_text(self.file)} as asof_built (read_only)")
            connection.execute(f"attach {_text(self._copies)} as {COPIES}")
            for node in nodes:
                _, schema, table = node.relation
                connection.execute(f"create schema if not exists {quoted(COPIES, schema)}")
                connection.execute(
                    f"create or replace table {quoted(COPIES, schema, table)} as from {quoted('asof_built', schema, table)}"
                )
                self.copied.add(node.id)

    def connect(self) -> Connection:
        """The scratch database, with the real one and the copies attached for reading."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        connection = open_database(self.file)
        for entry in self._attached():
            connection.execute(f"attach {_text(Path(entry['path']))} as {entry['alias']} (read_only)")
        return connection

    def built(self, node: Node) -> tuple[str, str, str]:
        """Where a relation is found as it was built for the moment."""
        database, schema, table = node.relation
        return (database, schema, table)

    def today(self, node: Node) -> tuple[str, str, str]:
        """Where a relation of today is found in a connection."""
        _, schema, table = node.relation
        return (COPIES if node.id in self.copied else TODAY, schema, table)

    def build(self, graph: Graph, view: Node, moment: datetime, *, on_top: bool = False) -> Graph:
        """Builds a view and all that it reads as of a moment, and returns the graph with the SQL that was run. With `on_top`, the
        tables of the previous build stay, so that incremental models go on from them.

        Raises ProjectError when dbt fails, or the real warehouse lacks a source or snapshot.
        """
        if not on_top:
            self.file.unlink(missing_ok=True)
        with self.connect() as connection:
            (catalog,) = connection.execute("select current_database()").fetchone() or ("",)
            given: set[tuple[str, str]] = set()
            for node in graph.ancestors(view):
                database, schema, table = (part.lower() for part in node.relation)
                if node.kind not in ("source", "snapshot") or database != catalog.lower() or (schema, table) in given:
                    continue
                given.add((schema, table))
                if node.kind == "snapshot":
                    _create(connection, node, "table", _rewound(node, quoted(*self.today(node))), moment)
                else:
                    _create(connection, node, "view", f"select * from {quoted(*self.today(node))}")
        self._write_profile()
        manifest = self.dbt.run(
            "build",
            moment,
            self.folder,
            select=[f"+{view.name}"],
            profiles=self.folder,
            exclude=("snapshot", "test", "unit_test"),
            in_full=not on_top,
        )
        return read_graph(manifest)

    def _attached(self) -> list[dict[str, Any]]:
        """In the form of a profile of dbt."""
        real = warehouse_file(self.project.target).resolve()
        entries = [{"path": str(real), "alias": TODAY, "read_only": True}]
        if self._copies.exists():
            entries.append({"path": str(self._copies), "alias": COPIES, "read_only": True})
        return entries

    def _write_profile(self) -> None:
        write_scratch_profile(self.project.target, self.folder, self.file, self._attached())


def refuse_what_cannot_be_replayed(nodes: Iterable[Node]) -> None:
    """Raises ProjectError for a model that dbt writes elsewhere than to the warehouse: a replay would overwrite it."""
    for node in nodes:
        if node.kind == "model" and node.config.get("materialized") == "external":
            raise ProjectError(
                f"dbt model {node.name} is materialized as external, so that a replay would overwrite its file; "
                "materialize it as a table, and write the file in a model of its own after it"
            )


def _create(connection: Connection, node: Node, kind: str, query: str, moment: datetime | None = None) -> None:
    _, schema, table = node.relation
    try:
        connection.execute(f"create schema if not exists {quoted(schema)}")
        if moment is not None:
            connection.execute("set variable asof_moment = ?::timestamptz", [moment])
        connection.execute(f"create or replace {kind} {quoted(schema, table)} as {query}")
    except UNUSABLE as error:
        raise ProjectError(
            f"{node.kind} {node.name} cannot be replayed from {schema}.{table} of the warehouse: "
            f"{str(error).splitlines()[0]}"
        ) from None


def _rewound(node: Node, snapshot: str) -> str:
    """What a snapshot held at a moment: the rows it had begun, and no end that came later."""
    begin, end = (quoted(node.snapshot_column(name)) for name in ("dbt_valid_from", "dbt_valid_to"))
    still_open = node.config.get("dbt_valid_to_current") or "null"
    return (
        f"select * replace (case when {end} <= getvariable('asof_moment') then {end} else {still_open} end as {end}) "
        f"from {snapshot} where {begin} <= getvariable('asof_moment')"
    )


def _text(path: Path) -> str:
    """A path as a literal; ATTACH takes no bound values."""
    return "'" + str(path.resolve()).replace("'", "''") + "'"


def columns_of(connection: Connection, relation: tuple[str, str, str]) -> list[str]:
    """The columns of a relation in one of the databases of a connection; none where it is not there."""
    found = connection.execute(
        "select column_name from duckdb_columns() where lower(database_name) = lower(?) and lower(schema_name) = lower(?) "
        "and lower(table_name) = lower(?) order by column_index",
        list(relation),
    )
    return [name for (name,) in found.fetchall()]


def moments_of(connection: Connection, relation: str, as_of: str, fractions: Iterable[float]) -> list[datetime]:
    """Moments of prediction below which lie these fractions of a view's rows."""
    query = f"select unnest(quantile_disc({quoted(as_of)}, ?::double[])) from {relation}"
    found = [moment for (moment,) in connection.execute(query, [list(fractions)]).fetchall()]
    return sorted({moment for moment in found if moment is not None})
