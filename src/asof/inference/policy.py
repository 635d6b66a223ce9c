"""The decision policy of a model: one SELECT in the user's SQL, which turns the table `scored` into decisions."""

from pathlib import Path

import duckdb
import sqlglot
from sqlglot import exp
from sqlglot.tokens import TokenType

from asof.errors import SpecError
from asof.warehouse.connection import Warehouse, quoted

SCORED = "scored"
DECISION = "decision"
DECIDED = "asof_decided"


def read_policy(root: Path, reference: str) -> str:
    """The SQL of a policy file, without its semicolon. Raises SpecError when it is not one SELECT from `scored`."""
    sql = (root / reference).read_text()
    try:
        statements = [statement for statement in sqlglot.parse(sql, dialect="duckdb") if statement is not None]
    except sqlglot.errors.SqlglotError as error:
        raise SpecError(f"policy {reference} is not valid SQL: {error}") from None
    statements = [statement for statement in statements if not isinstance(statement, exp.Semicolon)]
    kinds = [statement.key.upper() for statement in statements]
    if len(kinds) != 1 or not isinstance(statements[0], exp.Query):
        got = " and ".join(kinds) or "nothing"
        raise SpecError(f"policy {reference}: expected one SELECT from {SCORED}, got {got}")
    ends = [token.start for token in sqlglot.tokenize(sql, dialect="duckdb") if token.token_type == TokenType.SEMICOLON]
    return sql[: ends[0]] if ends else sql


def decide(warehouse: Warehouse, sql: str, identity: list[str], reference: str) -> str:
    """The name of a temporary table with the policy's decision for each row of `scored`.

    `identity` are the columns that tell the rows of `scored` apart. Raises SpecError when the policy fails, or does not
    return them with a decision, once for each row.
    """
    names = ", ".join(quoted(name) for name in identity)
    try:
        columns = {row["column_name"].lower() for row in warehouse.rows(f"describe (\n{sql}\n)")}
        missing = [name for name in (*identity, DECISION) if name.lower() not in columns]
        if missing:
            raise SpecError(f"policy {reference}: its SELECT does not return {', '.join(missing)}")
        # Run once: what is checked is what is written.
        warehouse.execute(
            f"create or replace temporary table {DECIDED} as "
            f"select {names}, cast({DECISION} as varchar) as {DECISION} from (\n{sql}\n) as policy"
        )
        expected, found, common = (
            warehouse.rows(f"select count(*) as rows from {source}")[0]["rows"]
            for source in (SCORED, DECIDED, f"(select {names} from {SCORED} intersect select {names} from {DECIDED})")
        )
    except duckdb.Error as error:
        raise SpecError(f"policy {reference} fails: {error}") from None
    if (found, common) != (expected, expected):
        raise SpecError(
            f"policy {reference}: it returns {found} rows for {expected} scores, {common} of them with the "
            f"{', '.join(identity)} of a score; expected one for each"
        )
    return DECIDED
