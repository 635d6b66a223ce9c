"""The SELECT in another engine's words, by sqlglot, and what sqlglot leaves to us: doubles, lists and NaN."""

import sqlglot
from sqlglot import exp

DIALECTS = ("duckdb", "postgres", "snowflake", "bigquery", "spark", "trino")

# NaN equals itself nowhere in these
_BY_FUNCTION = {"bigquery", "trino"}


def in_dialect(sql: str, dialect: str) -> str:
    """SQL of DuckDB, as `compile.py` writes it, for one of DIALECTS."""
    if dialect == "duckdb":
        return sql
    tree = sqlglot.parse_one(sql, read="duckdb").transform(lambda node: _rewritten(node, dialect), copy=False)
    if dialect == "postgres":  # it would put each step into the next one, as often as it is named there
        for step in tree.find_all(exp.CTE):
            step.set("materialized", True)
    return tree.sql(dialect=dialect, pretty=True)


def _rewritten(node: exp.Expression, dialect: str) -> exp.Expression:
    if isinstance(node, exp.ArrayContains):
        listed = node.this.expressions
        return exp.In(this=node.expression, expressions=listed)
    if isinstance(node, exp.Literal) and not node.is_string and "e" in node.this.lower() and dialect == "postgres":
        return exp.cast(exp.Literal.number(node.this), exp.DataType.Type.DOUBLE)  # it would be a decimal
    if isinstance(node, exp.Nullif) and dialect in _BY_FUNCTION:
        return exp.Case().when(exp.not_(exp.IsNan(this=node.this)), node.this.copy())
    return node
