"""DuckDB databases beside the warehouse, such as a scratch file or one in memory, and what DuckDB raises.

Outside of `warehouse/` and `scoring/function.py` nobody imports duckdb.
"""

from pathlib import Path

import duckdb

Connection = duckdb.DuckDBPyConnection

VERSION = duckdb.__version__  # hashes of rows are comparable within one

# What DuckDB raises: of a function in Python it gives a RuntimeError, too.
ERRORS = (duckdb.Error, RuntimeError)
MISSING = (duckdb.CatalogException,)  # a table or schema is not there
UNUSABLE = (duckdb.CatalogException, duckdb.BinderException)  # or a column


def open_database(path: Path | None = None) -> Connection:
    """A connection to a database file, which is made if it is missing, or to one in memory; the session is in UTC."""
    connection = duckdb.connect(str(path) if path else ":memory:")
    connection.execute("set timezone = 'UTC'")
    return connection
