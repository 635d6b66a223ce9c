"""Names and values as SQL text."""

from collections.abc import Iterable
from datetime import datetime


def quoted(*parts: str) -> str:
    """A name for SQL, each part in double quotes: `quoted("ml", "metrics")` is `"ml"."metrics"`."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)


def literal(value: str | float | datetime | None) -> str:
    """A value for SQL, where it cannot be bound: text in single quotes, an instant with its zone."""
    if value is None:
        return "null"
    if isinstance(value, datetime):
        return f"timestamptz '{value.isoformat(' ')}'"
    if isinstance(value, float):
        return f"{value!r}::double"
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else str(value)


def hash_of(columns: Iterable[str]) -> str:
    """DuckDB's hash of a row's values, from SQL for each of them in their order, such as the features of a version.

    It is by far the cheapest hash there is, and comparable within one version of DuckDB.
    """
    return f"hash({', '.join(columns)})"
