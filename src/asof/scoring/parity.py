"""Parity: before a version is registered, its function in DuckDB and its SQL are held against the estimator itself.

Rows are those of the test split, and copies of them with NULLs, NaN, texts that nobody has seen, and numbers exactly at
what the compiled SQL compares with. The function must agree to the bit, the SQL within 1e-6.
"""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from asof.errors import CompileError, EstimatorError
from asof.features.signature import FeatureSchema
from asof.metrics.metric import Problem
from asof.scoring.function import Function, score_type
from asof.scoring.score import score
from asof.scoring.scorer import Scorer, plain_text
from asof.scoring.sql.compile import CompiledScores, compile_scores
from asof.warehouse.database import Connection, open_database
from asof.warehouse.sql import quoted

TOLERANCE = 1e-6

_MAX_ROWS = 300  # DuckDB calls a function with 2,048 at once; all rows together are fewer
_MAX_EDGES = 600
_LARGEST_SMALLINT = 2**15
_COMPARED = re.compile(r'("(?:[^"]|"")+") [<>]=? (-?[0-9.]+e[-+]?[0-9]+)')


@dataclass(frozen=True)
class Parity:
    """How many rows were compared, some words on those that differ, and why the version has no SQL, if it has none."""

    rows: int
    function: list[str]
    sql: list[str]
    not_compiled: str | None


def compile_or_reason(
    estimator: Any, schema: FeatureSchema, problem: Problem
) -> tuple[CompiledScores | None, str | None]:
    """The estimator as SQL, or why there is none. It takes one core a second or two, and may be done beside other work."""
    try:
        return compile_scores(estimator, schema, problem), None
    except CompileError as error:
        return None, str(error)


def check_parity(
    estimator: Any,
    schema: FeatureSchema,
    problem: Problem,
    sample: pa.Table,
    owner: str,
    compilation: tuple[CompiledScores | None, str | None] | None = None,
) -> Parity:
    """Compares the ways of scoring on these rows of the warehouse and on harder copies of them.

    `compilation` is what `compile_or_reason` gives for the estimator, where that was called before.
    """
    compiled, reason = compilation or compile_or_reason(estimator, schema, problem)

    def own(table: pa.Table) -> np.ndarray:
        return score(estimator, schema.frame(table), problem, owner)

    rows = pa.table({name: plain_text(sample[name]) for name in schema.names}).slice(0, _MAX_ROWS)
    table = pa.concat_tables([rows, *(_taken(table, own) for table in harder_rows(rows, schema, compiled))])
    table = table.combine_chunks()
    expected = own(table)
    with open_database() as connection:
        numbered = table.append_column("asof_row", pa.array(range(len(table)), pa.int64()))
        connection.register("arrow_rows", numbered)
        listed = ", ".join(f"{quoted(f.name)}::{f.duckdb_type} as {quoted(f.name)}" for f in schema.features)
        connection.execute(f"create table rows as select {listed}, asof_row from arrow_rows order by asof_row")
        function = _by_function(connection, Scorer(estimator, schema, problem, owner), expected)
        sql = expected if compiled is None else _by_sql(connection, compiled, expected)
    tolerance = TOLERANCE * max(1.0, float(np.abs(expected).max()))
    # a row's score must not depend on the rows scored with it: score every second row, in reverse order
    places = np.arange(len(table))[::-2].copy()
    among_others = expected.copy()
    among_others[places] = own(table.take(pa.array(places)))
    return Parity(
        rows=len(table),
        function=[
            *_differing(table, function, expected, 0.0),
            *(f"{words}, beside other rows" for words in _differing(table, among_others, expected, tolerance)),
        ],
        sql=_differing(table, sql, expected, tolerance),
        not_compiled=reason,
    )


def _taken(table: pa.Table, own: Callable[[pa.Table], np.ndarray]) -> pa.Table:
    """The rows that the estimator does not refuse, as it would whichever way it is called."""
    try:
        own(table)
    except EstimatorError:
        rows = [table.slice(n, 1) for n in range(len(table))]
        if len(rows) == 1:
            return table.slice(0, 0)
        return pa.concat_tables([table.slice(0, 0), *(_taken(row, own) for row in rows)])
    return table


def harder_rows(rows: pa.Table, schema: FeatureSchema, compiled: CompiledScores | None) -> list[pa.Table]:
    """Copies of rows: with a NULL each and with nothing else, with NaN, with a new text, and at the edges of the SQL."""
    columns = {name: rows[name].to_pylist() for name in schema.names}
    count = min(_MAX_ROWS, len(rows))

    def changed(changes: list[tuple[str, object]]) -> pa.Table:
        """Rows with one value changed in each."""
        copies = {name: [values[n % len(rows)] for n in range(len(changes))] for name, values in columns.items()}
        for n, (name, value) in enumerate(changes):
            copies[name][n] = value
        return pa.table({name: pa.array(copies[name], rows.schema.field(name).type) for name in schema.names})

    texts = schema.categorical
    floats = [feature.name for feature in schema.features if feature.type.startswith("float")]
    tables = [
        changed([(schema.names[n % len(schema.names)], None) for n in range(count)]),
        pa.table({name: pa.nulls(1, rows.schema.field(name).type) for name in schema.names}),
    ]
    if floats:
        tables.append(changed([(floats[n % len(floats)], float("nan")) for n in range(count)]))
    if texts:
        tables.append(changed([(texts[n % len(texts)], "no one has seen this") for n in range(count)]))
    edges = _edges(schema, compiled) if compiled else []
    return [*tables, changed(edges)] if edges else tables


def _edges(schema: FeatureSchema, compiled: CompiledScores) -> list[tuple[str, object]]:
    """Features with values at which the SQL changes its mind, and just below."""
    types = {quoted(feature.name): feature for feature in schema.features}
    found = sorted({match.groups() for group in compiled.groups for match in _COMPARED.finditer(group)})
    chosen = found[:: max(1, 2 * len(found) // _MAX_EDGES)]
    edges: list[tuple[str, object]] = []
    for name, text in chosen:
        feature, limit = types[name], float(text)
        if feature.type.startswith("float"):
            edges += [(feature.name, limit), (feature.name, float(np.nextafter(limit, -np.inf)))]
        elif "int" in feature.type and abs(limit) < _LARGEST_SMALLINT:
            whole = int(np.ceil(limit))
            edges += [
                (feature.name, max(0, value) if feature.type[0] == "u" else value) for value in (whole, whole - 1)
            ]
    return edges[:_MAX_EDGES]


def _by_function(connection: Connection, scorer: Scorer, expected: np.ndarray) -> np.ndarray:
    returns = score_type(expected.shape[1] if expected.ndim > 1 else 0)
    function = Function.of_scores("asof_parity", scorer.schema, returns, lambda: scorer)
    with function.known_to(connection):
        found = connection.execute(f"select {function.call()} as score from rows order by asof_row").fetchnumpy()[
            "score"
        ]
    scores: np.ndarray = np.stack(list(found)) if expected.ndim > 1 else np.asarray(found)
    return scores


def _by_sql(connection: Connection, compiled: CompiledScores, expected: np.ndarray) -> np.ndarray:
    """The same expressions as in the whole SELECT, one part at a time: planned together they would take a gigabyte."""
    inputs, parts, *others = compiled.ctes("rows", {"asof_row": "asof_row"})
    connection.execute(f"create table {inputs.name} as {inputs.sql()}")
    row, *columns = parts.columns
    pieces = [f"piece_{n}" for n in range(len(columns))]

    def run(name: str, column: str) -> None:  # most of it is planning, which takes one core
        with connection.cursor() as cursor:
            cursor.execute(f"create table {name} as select {row}, {column} from {inputs.name}")

    with ThreadPoolExecutor() as pool:
        list(pool.map(run, pieces, columns))
    joined = " ".join(f"inner join {name} using (asof_row)" for name in pieces[1:])
    connection.execute(f"create temporary view {parts.name} as select * from {pieces[0]} {joined}")
    for step in others:
        connection.execute(f"create temporary view {step.name} as {step.sql()}")
    names = [f"score_{n}" for n in range(len(compiled.scores))]
    sql = compiled.last(["asof_row"], names, (others or [parts])[-1].name)
    found = connection.execute(f"{sql} order by asof_row").fetchnumpy()
    columns_of_scores: list[np.ndarray] = [
        np.ma.filled(np.ma.asarray(found[name], dtype=float), np.nan) for name in names
    ]
    scores: np.ndarray = np.stack(columns_of_scores, axis=1)
    return scores if expected.ndim > 1 else scores[:, 0]


def _differing(table: pa.Table, found: np.ndarray, expected: np.ndarray, tolerance: float) -> list[str]:
    """Words on rows where these are further apart; NaN is apart from everything."""
    far = ~(np.abs(found - expected) <= tolerance)
    places = np.flatnonzero(far.reshape(len(far), -1).any(axis=1))
    return [f"{found[n]} instead of {expected[n]} for {table.slice(n, 1).to_pylist()[0]}" for n in map(int, places)]
