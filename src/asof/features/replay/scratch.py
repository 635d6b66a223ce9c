"""A scratch warehouse for one moment of the past: sources as they are, snapshots as they were, everything else built anew.

The real warehouse is attached to it for reading; nothing is copied but the snapshots, and nothing is written to it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import yaml

from asof.errors import ProjectError
from asof.features.dbt_run import run_dbt
from asof.features.graph import Graph, Node, read_graph
from asof.spec.project import Project
from asof.warehouse.connection import connect, quoted, warehouse_file

TODAY = "asof_today"  # what the real warehouse is called in the scratch one


@dataclass(frozen=True)
class Scratch:
    """A folder in which a project is built as of one moment, in a database of the same name as the real one."""

    project: Project
    folder: Path

    @property
    def file(self) -> Path:
        return self.folder / "warehouse" / warehouse_file(self.project.target).name

    def connect(self) -> duckdb.DuckDBPyConnection:
        """The scratch database, with the real one attached for reading."""
        real = self.project.target
        with connect(real, read_only=True, wait=self.project.wait):
            pass  # waits for whoever writes to it, and says who that is
        self.file.parent.mkdir(parents=True, exist_ok=True)
        connection = duckdb.connect(str(self.file))
        connection.execute("set timezone = 'UTC'")
        connection.execute(f"attach '{_text(warehouse_file(real))}' as {TODAY} (read_only)")
        return connection

    def build(self, graph: Graph, view: Node, moment: datetime) -> Graph:
        """Builds a view and all that it reads as of a moment; the graph with the SQL that was run.

        Raises ProjectError when dbt fails or the real warehouse lacks a source or snapshot.
        """
        self.file.unlink(missing_ok=True)
        needed = graph.ancestors(view)
        with self.connect() as connection:
            for node in needed:
                if node.kind == "source":
                    _create(connection, node, "view", f"select * from {_of_today(node)}")
                elif node.kind == "snapshot":
                    _create(connection, node, "table", _rewound(moment, _of_today(node)))
        self._write_profile()
        manifest = run_dbt(
            self.project,
            "build",
            moment,
            self.folder,
            select=[f"+{view.name}"],
            profiles=self.folder,
            exclude=("snapshot", "test", "unit_test"),
        )
        return read_graph(manifest)

    def _write_profile(self) -> None:
        target = self.project.target
        attached = {"path": str(warehouse_file(target).resolve()), "alias": TODAY, "read_only": True}
        settings = {**target.settings, "path": str(self.file), "attach": [attached]}
        profile = {target.profile: {"target": target.name, "outputs": {target.name: settings}}}
        (self.folder / "profiles.yml").write_text(yaml.safe_dump(profile))


def _create(connection: duckdb.DuckDBPyConnection, node: Node, kind: str, query: str) -> None:
    _, schema, table = node.relation
    try:
        connection.execute(f"create schema if not exists {quoted(schema)}")
        connection.execute(f"create {kind} {quoted(schema, table)} as {query}")
    except duckdb.CatalogException as error:
        raise ProjectError(
            f"{node.kind} {node.name}: there is no table {schema}.{table} in the warehouse to replay from: "
            f"{str(error).splitlines()[0]}"
        ) from None


def _rewound(moment: datetime, snapshot: str) -> str:
    """What a snapshot held at a moment: the rows it had begun, and no end that came later."""
    instant = f"timestamptz '{moment.isoformat()}'"
    return (
        f"select * replace (case when dbt_valid_to <= {instant} then dbt_valid_to end as dbt_valid_to) "
        f"from {snapshot} where dbt_valid_from <= {instant}"
    )


def _of_today(node: Node) -> str:
    _, schema, table = node.relation
    return quoted(TODAY, schema, table)


def _text(path: Path) -> str:
    return str(path.resolve()).replace("'", "''")


def columns_of(connection: duckdb.DuckDBPyConnection, catalog: str, node: Node) -> list[str]:
    """The columns of a relation in one of the databases of a connection; none where it is not there."""
    _, schema, table = node.relation
    found = connection.execute(
        "select column_name from duckdb_columns() where database_name = ? and schema_name = ? and table_name = ? "
        "order by column_index",
        [catalog, schema, table],
    )
    return [name for (name,) in found.fetchall()]


def moments_of(
    connection: duckdb.DuckDBPyConnection, view: Node, as_of: str, fractions: Iterable[float]
) -> list[datetime]:
    """Moments of prediction below which lie these fractions of today's rows."""
    wanted = list(fractions)
    query = f"select unnest(quantile_disc({quoted(as_of)}, ?::double[])) from {_of_today(view)}"
    found = [moment for (moment,) in connection.execute(query, [wanted]).fetchall()]
    return sorted({moment for moment in found if moment is not None})
