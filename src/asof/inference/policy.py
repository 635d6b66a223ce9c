"""The decision policy of a model: one SELECT in the user's SQL, which turns the table `scored` into decisions."""

from pathlib import Path

import duckdb
import sqlglot
from sqlglot import exp

from asof.errors import SpecError
from asof.warehouse.connection import Warehouse, quoted

SCORED = "scored"
DECISION = "decision"


def read_policy(root: Path, reference: str) -> str:
    """The SQL of a policy file. Raises SpecError when it is missing or is not one SELECT from `scored`."""
    path = root / reference
    if not path.is_file():
        raise SpecError(f"policy {reference}: there is no file {path}")
    sql = path.read_text()
    try:
        statements = [statement for statement in sqlglot.parse(sql, dialect="duckdb") if statement is not None]
    except sqlglot.errors.ParseError as error:
        raise SpecError(f"policy {reference} is not valid SQL: {error}") from None
    kinds = [statement.key.upper() for statement in statements]
    if len(kinds) != 1 or not isinstance(statements[0], exp.Query):
        got = " and ".join(kinds) or "nothing"
        raise SpecError(f"policy {reference}: expected one SELECT from {SCORED}, got {got}")
    return sql.strip().removesuffix(";")


def decide(warehouse: Warehouse, sql: str, identity: list[str], reference: str) -> str:
    """The policy as a relation with one decision for each row of `scored`, as SQL to join with.

    `identity` are the columns that tell the rows of `scored` apart. Raises SpecError when the policy does not return
    them with a decision, once for each row.
    """
    relation = f"({sql})"
    names = ", ".join(quoted(name) for name in identity)
    count = f"select count(*) as found, count(distinct ({names})) as distinct_rows from {relation} as decided"
    try:
        columns = {row["column_name"] for row in warehouse.rows(f"describe {relation}")}
        missing = [name for name in (*identity, DECISION) if name not in columns]
        if missing:
            raise SpecError(f"policy {reference}: its SELECT does not return {', '.join(missing)}")
        decided = warehouse.rows(count)[0]
    except duckdb.Error as error:
        raise SpecError(f"policy {reference} fails: {error}") from None
    expected = warehouse.rows(f"select count(*) as found from {SCORED}")[0]["found"]
    if (decided["found"], decided["distinct_rows"]) != (expected, expected):
        raise SpecError(
            f"policy {reference}: it returns {decided['found']} rows for {expected} scores, expected one each"
        )
    return relation
