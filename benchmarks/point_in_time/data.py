"""The data of the point-in-time benchmarks, made from hashes so that every run has the same: a spine and three groups.

A spine of N rows asks about a customer, a product and a store at a moment of one year. The groups have 2 N, 0.6 N and N
rows and 8, 6 and 6 columns; entity and event time are unique in each. Two sets of known times:

    punctual     facts are known when they happen
    bitemporal   each is known up to two days later, a tenth of them up to 60 days; a twentieth is restated later
"""

from dataclasses import dataclass
from pathlib import Path

import duckdb

YEAR_MICROSECONDS = 365 * 86_400 * 1_000_000


@dataclass(frozen=True)
class Group:
    """A feature group: its entity column, its rows and entities as shares of the spine's rows, its feature columns."""

    name: str
    entity: str
    share: float
    entities: float
    columns: tuple[str, ...]


GROUPS = (
    Group("activity", "customer_id", 2.0, 0.05, tuple(f"activity_{n}" for n in range(8))),
    Group("demand", "product_id", 0.6, 0.01, tuple(f"demand_{n}" for n in range(6))),
    Group("stock", "store_id", 1.0, 0.001, tuple(f"stock_{n}" for n in range(6))),
)


def write(folder: Path, rows: int) -> None:
    """Parquet files `spine`, and `<group>_punctual` and `<group>_bitemporal` for each group, for a spine of `rows` rows."""
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'; set preserve_insertion_order = false")
        entities = ", ".join(f"{_number(group.entity, rows * group.entities)} as {group.entity}" for group in GROUPS)
        _copy(
            connection,
            f"select i as row_id, {entities}, {_moment('asked')} as as_of from range({rows}) as t (i)",
            folder / "spine.parquet",
        )
        for group in GROUPS:
            values = ", ".join(f"{_number(column, 100_000)} / 100 as {column}" for column in group.columns)
            facts = f"""
                select
                    {_number(group.entity + group.name, rows * group.entities)} as {group.entity},
                    {_moment(group.name)} as event_time,
                    {values}
                from range({int(rows * group.share)}) as t (i)
            """
            _copy(
                connection,
                f"select *, event_time as known_at from ({facts})",
                folder / f"{group.name}_punctual.parquet",
            )
            lag = f"to_seconds({_number('lag', 172_800)} * case when {_number('late', 10)} = 0 then 30 else 1 end)"
            first = ", ".join(f"{column} + 1 as {column}" for column in group.columns)
            known = facts.replace("from range", f", i, event_time + {lag} as known_at from range")
            _copy(
                connection,
                f"""
                with facts as materialized ({known})
                select * exclude (i) from facts
                union all by name
                select {group.entity}, event_time, {first}, known_at + interval '3 days' as known_at
                from facts where {_number("restated", 20)} = 0
                """,
                folder / f"{group.name}_bitemporal.parquet",
            )


def _number(salt: str, below: float) -> str:
    return f"cast(hash(i, '{salt}') % {max(int(below), 1)} as bigint)"


def _moment(salt: str) -> str:
    return f"timestamptz '2025-01-01 00:00:00+00' + to_microseconds({_number(salt + 'at', YEAR_MICROSECONDS)})"


def _copy(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    connection.execute(f"copy ({query}) to '{path}' (format parquet)")
