"""The ways to join that are compared, each from Parquet files to an Arrow table; run in a process of its own.

python engines.py WAY SET FOLDER     SET is punctual or bitemporal; prints seconds, peak memory and a checksum as JSON
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
from data import GROUPS


def asof_view(facts: str, folder: Path, memory_limit: str | None = None) -> Callable[[], pa.Table]:
    """The SQL that `asof.feature_view` compiles to."""
    import duckdb  # noqa: PLC0415  # each way loads what it needs and no more

    connection = duckdb.connect(str(folder / "project/bench.duckdb"))
    connection.execute("set timezone = 'UTC'")
    if memory_limit is not None:
        connection.execute(f"set memory_limit = '{memory_limit}'; set temp_directory = '{folder}/spilled'")
    sql = (folder / f"project/target/compiled/bench/models/{facts}.sql").read_text()
    return lambda: connection.execute(sql).to_arrow_table()


def asof_in_4gb(facts: str, folder: Path) -> Callable[[], pa.Table]:
    """The same, as where a target's settings in profiles.yml say memory_limit: 4GB; what is more goes to the disk."""
    return asof_view(facts, folder, memory_limit="4GB")


def duckdb_asof(facts: str, folder: Path) -> Callable[[], pa.Table]:
    """A hand-written ASOF join by event time, without de-duplication and blind to known times."""
    import duckdb  # noqa: PLC0415

    columns = ", ".join(f"{group.name}.{column}" for group in GROUPS for column in group.columns)
    joins = " ".join(
        f"asof left join '{folder}/{group.name}_{facts}.parquet' as {group.name} "
        f"on spine.{group.entity} = {group.name}.{group.entity} and spine.as_of >= {group.name}.event_time"
        for group in GROUPS
    )
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    sql = f"select spine.*, {columns} from '{folder}/spine.parquet' as spine {joins}"
    return lambda: connection.execute(sql).to_arrow_table()


def pandas_merge_asof(facts: str, folder: Path) -> Callable[[], pa.Table]:
    import pandas as pd  # noqa: PLC0415

    def join() -> pa.Table:
        rows = pd.read_parquet(folder / "spine.parquet").sort_values("as_of")
        for group in GROUPS:
            right = pd.read_parquet(folder / f"{group.name}_{facts}.parquet").drop(columns="known_at")
            right = right.sort_values("event_time")
            rows = pd.merge_asof(rows, right, left_on="as_of", right_on="event_time", by=group.entity)
            rows = rows.drop(columns="event_time")
        return pa.Table.from_pandas(rows, preserve_index=False)

    return join


def polars_join_asof(facts: str, folder: Path) -> Callable[[], pa.Table]:
    import polars as pl  # noqa: PLC0415

    def join() -> pa.Table:
        rows = pl.scan_parquet(folder / "spine.parquet").sort("as_of")
        for group in GROUPS:
            right = pl.scan_parquet(folder / f"{group.name}_{facts}.parquet").drop("known_at")
            right = right.rename({"event_time": "as_of"}).sort("as_of")
            rows = rows.join_asof(right, on="as_of", by=group.entity, strategy="backward", check_sortedness=False)
        return rows.collect().to_arrow()

    return join


def feast_duckdb(facts: str, folder: Path) -> Callable[[], pa.Table]:
    """Feast's historical retrieval on its DuckDB offline store; the spine is in memory, as Feast wants it."""
    import os  # noqa: PLC0415
    from datetime import timedelta  # noqa: PLC0415

    os.environ["FEAST_USAGE"] = "False"
    import pandas as pd  # noqa: PLC0415
    from feast import Entity, FeatureStore, FeatureView, Field, FileSource, RepoConfig, ValueType  # noqa: PLC0415
    from feast.types import Float64, Int64  # noqa: PLC0415

    config = RepoConfig(
        registry=str(folder / "feast_registry.db"),
        project="bench",
        provider="local",
        offline_store={"type": "duckdb"},
        online_store=None,
        repo_path=str(folder),
        entity_key_serialization_version=3,
    )
    store = FeatureStore(config=config)
    views = []
    for group in GROUPS:
        entity = Entity(name=group.entity, join_keys=[group.entity], value_type=ValueType.INT64)
        source = FileSource(
            name=f"{group.name}_source",
            path=str(folder / f"{group.name}_{facts}.parquet"),
            timestamp_field="event_time",
            created_timestamp_column="known_at",
        )
        schema = [Field(name=group.entity, dtype=Int64)]
        schema += [Field(name=column, dtype=Float64) for column in group.columns]
        views.append(
            FeatureView(
                name=group.name, entities=[entity], ttl=timedelta(0), schema=schema, source=source, online=False
            )
        )
        store.apply([entity, views[-1]])
    spine = pd.read_parquet(folder / "spine.parquet").rename(columns={"as_of": "event_timestamp"})
    wanted = [f"{group.name}:{column}" for group in GROUPS for column in group.columns]
    return lambda: store.get_historical_features(entity_df=spine.copy(), features=wanted).to_arrow()


def timefence_build(facts: str, folder: Path) -> Callable[[], pa.Table]:
    """timefence on Parquet files, inclusive and without a limit of age; it knows one time a row, and writes a file. A build
    joins by one entity, so that three follow each other.
    """
    import pyarrow.parquet as pq  # noqa: PLC0415
    import timefence  # noqa: PLC0415

    def join() -> pa.Table:
        path = folder / "spine.parquet"
        for group in GROUPS:
            others = [name for name in pq.read_schema(path).names if name not in {group.entity, "as_of"}]
            labels = timefence.Labels(path=path, keys=group.entity, label_time="as_of", target=others)
            source = timefence.Source(
                folder / f"{group.name}_{facts}.parquet", keys=group.entity, timestamp="event_time"
            )
            columns = list(group.columns)
            feature = timefence.Feature(source, columns=columns, name=group.name, on_duplicate="keep_any")
            path = folder / f"timefence_{group.name}.parquet"
            options = {"max_lookback": "3650d", "join": "inclusive", "flatten_columns": True}
            timefence.build(labels, [feature], path, **options)
        return pq.read_table(path)

    return join


WAYS = {
    "asof": asof_view,
    "asof4gb": asof_in_4gb,
    "duckdb": duckdb_asof,
    "pandas": pandas_merge_asof,
    "polars": polars_join_asof,
    "feast": feast_duckdb,
    "timefence": timefence_build,
}


def checksum(table: pa.Table) -> int:
    """The same for the same rows in any order; values are whole hundredths."""
    total = 0
    numbers = table.column("row_id").to_numpy().astype("uint64")
    for group in GROUPS:
        for column in group.columns:
            values = table.column(column).fill_null(-1).to_numpy() * 100
            total += int((values.round().astype("int64").view("uint64") * (numbers * 2654435761 + 1)).sum())
    return total % 2**61


def main() -> None:
    way, facts, folder = sys.argv[1:4]
    join = WAYS[way](facts, Path(folder))
    began = time.perf_counter()
    table = join()
    seconds = time.perf_counter() - began
    # of this process alone: what getrusage says begins with the size of the process that started it
    status = Path("/proc/self/status").read_text()
    peak = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1024**2
    print(json.dumps({"seconds": seconds, "peak_gib": peak, "rows": table.num_rows, "checksum": checksum(table)}))


if __name__ == "__main__":
    main()
