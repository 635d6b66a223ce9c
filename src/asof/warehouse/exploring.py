"""Exploring from Python: one read-only connection per warehouse and process, which stays open behind lazy tables.

DuckDB has one writer and no readers beside it, so the connection steps aside while this process writes.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from weakref import WeakValueDictionary

from asof.dbt_files.profiles import Target
from asof.warehouse.connection import Warehouse, open_warehouse
from asof.warehouse.opening import connect, warehouse_file

# Forgotten when the last feature view over it is.
_explored: WeakValueDictionary[Path, Warehouse] = WeakValueDictionary()


def explore(target: Target, wait: float) -> Warehouse:
    """The warehouse, open for reading for as long as somebody holds it. Raises WarehouseError."""
    path = warehouse_file(target).resolve()
    warehouse = _explored.get(path)
    if warehouse is None:
        warehouse = _explored[path] = open_warehouse(target, read_only=True, wait=wait)
    return warehouse


@contextmanager
def stepping_aside(target: Target, wait: float) -> Iterator[None]:
    """For the length of the block nothing in this process explores the warehouse; lazy tables work again after it."""
    warehouse = _explored.get(warehouse_file(target).resolve())
    if warehouse is None:
        yield
        return
    warehouse.connection.close()
    try:
        yield
    finally:
        warehouse.reconnect(connect(target, read_only=True, wait=wait))
