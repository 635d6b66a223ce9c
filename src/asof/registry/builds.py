"""Builds of feature views, as the dbt package's on-run-end records them."""

from datetime import datetime

from asof.registry.store import Registry


def built_up_to(registry: Registry, view: str) -> datetime | None:
    """The present of the dbt run that last built a view; None where none is on record."""
    rows = registry.rows("view_builds", "view = ?", [view], columns=("built_up_to",), order_by="built_at")
    return rows[-1]["built_up_to"] if rows else None
