"""A dbt-duckdb plugin: makes the registered versions known to dbt's own DuckDB, for the macro `asof.predict`.

In profiles.yml, under the target:

    plugins:
      - module: asof.dbt_plugin

Every version that an alias has ever been on is a function, `asof_score_<model>_v<version>`. Its artifact is read when it is
first called, so that a dbt run without predictions loads nothing.
"""

import json
import weakref
from collections.abc import Callable
from threading import Lock
from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin

from asof.project import Project
from asof.registry.aliases import ever_promoted
from asof.registry.store import Registry
from asof.registry.versions import all_versions, read_signature
from asof.scoring.function import Function, function_name, score_type
from asof.warehouse.connection import Warehouse
from asof.warehouse.database import Connection


class Plugin(BasePlugin):
    """`config: {project_dir: ...}` names the project's root, where dbt does not run in it."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        self.project_dir = plugin_config.get("project_dir")

    def configure_connection(self, conn: Connection) -> None:
        """Registers the functions, each time that dbt opens the warehouse."""
        project = Project.open(self.project_dir)
        registry = Registry(project, Warehouse(conn, project.target))
        promoted = ever_promoted(registry)
        for row in all_versions(registry):
            if (row.model, row.version) in promoted:
                returns = score_type(len(json.loads(row.classes or "[]")))
                scorer = _when_first_called(project, conn, row.model, row.version)
                name = function_name(row.model, row.version)
                Function.of_scores(name, read_signature(row), returns, scorer).register(conn)


def _when_first_called(project: Project, conn: Connection, model: str, version: int) -> Callable[[], Any]:
    """The scorer of a version, made once, whichever of DuckDB's threads asks first."""
    lock = Lock()
    made: list[Any] = []
    # the function lives in the warehouse, and must not keep it open
    opened = weakref.ref(conn)

    def scorer() -> Any:
        with lock:
            if not made:
                from asof.registry.model_version import load_version  # noqa: PLC0415

                connection = opened()
                assert connection is not None, "a query runs on it"  # noqa: S101
                with Warehouse(connection.cursor(), project.target) as warehouse:
                    # the macro has chosen it by dbt's clock, which a var may have set
                    found = load_version(Registry(project, warehouse), model, version, project, of_any_time=True)
                made.append(found.scorer())
        return made[0]

    return scorer
