"""Opens the file of a DuckDB target, and waits while another process holds its lock."""

import logging
import re
from pathlib import Path

import duckdb
import tenacity

from asof.dbt_files.profiles import Target
from asof.errors import ProfileError, WarehouseError, WarehouseLockedError
from asof.warehouse.sql import quoted

log = logging.getLogger("asof")

_HOLDER = re.compile(r"held in (?P<program>\S+)(?: \(deleted\))? \(PID (?P<pid>\d+)\)")


def warehouse_file(target: Target) -> Path:
    """The database file of a DuckDB target; a relative path counts from the project's root, where dbt runs.

    Raises ProfileError for another adapter, for a database in memory, which no second process can see, and for a relative
    path in a file elsewhere.
    """
    if target.adapter != "duckdb":
        raise ProfileError(
            f"{target.file}: target '{target.name}' is of type {target.adapter}; training and inference run on duckdb so far"
        )
    path = str(target.settings.get("path", ":memory:"))
    if path.startswith(":memory:"):
        raise ProfileError(
            f"{target.file}: target '{target.name}' is in memory; give it a path, such as path: my.duckdb"
        )
    if not Path(path).is_absolute() and target.file.parent != target.root:
        raise ProfileError(
            f"{target.file}: target '{target.name}' has the relative path {path}, which dbt counts from the folder that it "
            "runs in; write the whole path, or keep profiles.yml in the project's root"
        )
    return target.file.parent / path


def connect(target: Target, *, read_only: bool, create: bool = False, wait: float) -> duckdb.DuckDBPyConnection:
    """A connection with the target's settings and a session in UTC; waits up to `wait` seconds for the file's lock.

    Raises WarehouseError when the file is missing or unreadable, WarehouseLockedError when the wait was in vain.
    """
    path = warehouse_file(target)
    if not create and not path.exists():
        raise WarehouseError(
            f"the warehouse {path} of target '{target.name}' does not exist; load the raw tables, then run: "
            "dbt build --project-dir dbt_project"
        )
    attempts = tenacity.Retrying(
        retry=tenacity.retry_if_exception(_is_lock),
        wait=tenacity.wait_fixed(0.25),
        stop=tenacity.stop_after_delay(wait),
        before_sleep=_say_who_holds_it,
        reraise=True,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        return attempts(_connect, path, target, read_only)
    except duckdb.Error as error:
        if _is_lock(error):
            raise WarehouseLockedError(
                f"the warehouse {path} is held by {_holder(error)} and was not released within {wait:g} seconds; "
                "let it end, or wait longer with --wait SECONDS"
            ) from None
        raise WarehouseError(f"the warehouse {path} cannot be opened: {error}") from None


def _connect(path: Path, target: Target, read_only: bool) -> duckdb.DuckDBPyConnection:
    config = dict(target.settings["config_options"])
    connection = duckdb.connect(str(path), read_only=read_only, config=config)
    set_session(connection, target)
    return connection


def set_session(connection: duckdb.DuckDBPyConnection, target: Target) -> None:
    for name, value in target.settings["settings"].items():
        # A setting's name is a bare word in DuckDB's grammar; anything else is refused by DuckDB itself.
        connection.execute(f"set {quoted(str(name))} = ?", [value])
    connection.execute("set timezone = 'UTC'")


def _is_lock(error: BaseException) -> bool:
    """Another process has the file open, or a thread of this one has it open for the other purpose."""
    return isinstance(error, (duckdb.IOException, duckdb.ConnectionException)) and (
        "Could not set lock" in str(error) or "different configuration" in str(error)
    )


def _holder(error: BaseException) -> str:
    found = _HOLDER.search(str(error))
    if found:
        return f"{found['program']} (process {found['pid']})"
    return "another process" if isinstance(error, duckdb.IOException) else "another connection of this process"


def _say_who_holds_it(state: tenacity.RetryCallState) -> None:
    if state.attempt_number == 1 and state.outcome is not None:
        error = state.outcome.exception()
        if error is not None:
            log.warning("waiting for the warehouse, which is held by %s", _holder(error))
