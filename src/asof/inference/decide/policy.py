"""The decision policy of a model: the user's SQL or Ibis function, which turns the table `scored` into decisions."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.tokens import TokenType

from asof.errors import PolicyError, WarehouseError
from asof.user_code import file_in, load_function, told_as
from asof.warehouse.connection import Warehouse
from asof.warehouse.sql import quoted

SCORED = "scored"
DECISION = "decision"
DECIDED = "asof_decided"

# What a decision may be made of to depend on its own row alone, and to come out once for it.
_OF_ONE_ROW = (
    exp.Column,
    exp.Identifier,
    exp.Literal,
    exp.Null,
    exp.Boolean,
    exp.Paren,
    exp.Alias,
    exp.Cast,
    exp.DataType,
    exp.Case,
    exp.If,
    exp.Connector,
    exp.Predicate,
    exp.Not,
    exp.Neg,
    exp.Between,
    exp.In,
    exp.Coalesce,
    exp.Add,
    exp.Sub,
    exp.Mul,
    exp.Div,
    exp.Round,
    exp.Abs,
    exp.Greatest,
    exp.Least,
    exp.Lower,
    exp.Upper,
)


@dataclass(frozen=True)
class Policy:
    """A policy as it was read: the text of one SELECT, or the function that makes one of the table `scored`."""

    reference: str
    sha256: str
    text: str | None
    function: Callable[[Any], Any] | None
    file: Path

    def select(self, warehouse: Warehouse) -> str:
        """Its SELECT; a temporary table `scored` is there, of the right columns. Raises PolicyError."""
        if self.text is not None:
            return self.text
        import ibis  # noqa: PLC0415  # for those who write in it

        scored = warehouse.ibis.table(SCORED, database=("temp", "main"))
        with told_as(f"policy {self.reference}", self.file, PolicyError):
            made = self.function(ibis.table(scored.schema(), name=SCORED)) if self.function else None
            if not isinstance(made, ibis.Table):
                raise PolicyError(
                    f"policy {self.reference}: it returned {type(made).__name__}, expected an ibis.Table made of its argument"
                )
            return str(ibis.to_sql(made, dialect="duckdb"))


def read_policy(root: Path, reference: str) -> Policy:
    """A policy of a SQL file, or of a function in a Python file. Raises PolicyError when it is not one SELECT."""
    file = file_in(root, reference, f"policy {reference}", PolicyError)
    try:
        content = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise PolicyError(f"policy {reference}: {file} is not text in UTF-8 (byte {error.start})") from None
    sha256 = hashlib.sha256(content.encode()).hexdigest()
    if file.suffix == ".py":
        function = load_function(root, reference, "scored", "policy", PolicyError)
        return Policy(reference, sha256, None, function, file)
    return Policy(reference, sha256, _one_select(content, reference), None, file)


def _one_select(sql: str, reference: str) -> str:
    """The SQL without semicolons around it."""
    try:
        statements = [statement for statement in sqlglot.parse(sql, dialect="duckdb") if statement is not None]
    except sqlglot.errors.SqlglotError as error:
        raise PolicyError(f"policy {reference} is not valid SQL: {error}") from None
    statements = [statement for statement in statements if not isinstance(statement, exp.Semicolon)]
    kinds = [statement.key.upper() for statement in statements]
    if len(kinds) != 1 or not isinstance(statements[0], exp.Query):
        got = " and ".join(kinds) or "nothing"
        raise PolicyError(f"policy {reference}: expected one SELECT from {SCORED}, got {got}")
    words = [token for token in sqlglot.tokenize(sql, dialect="duckdb") if token.token_type != TokenType.SEMICOLON]
    return sql[words[0].start : words[-1].end + 1]


def check_columns(warehouse: Warehouse, sql: str, identity: list[str], reference: str) -> None:
    """Raises PolicyError when the SELECT does not run on `scored`, or lacks a column."""
    with _failing(warehouse, reference):
        columns = {row["column_name"].lower() for row in warehouse.rows(f"describe (\n{sql}\n)")}
    named = sqlglot.parse_one(sql, dialect="duckdb").named_selects
    if [name.lower() for name in named].count(DECISION) > 1:
        raise PolicyError(f"policy {reference}: its SELECT has more than one column {DECISION}; leave one of them")
    missing = [name for name in (*identity, DECISION) if name.lower() not in columns]
    if missing:
        raise PolicyError(f"policy {reference}: its SELECT does not return {', '.join(missing)}")


def decision_of_one_row(sql: str, identity: list[str], columns: list[str]) -> tuple[str, str] | None:
    """The decision as an expression and the name that it has for `scored`, where each row is decided by itself alone.

    Then it can be worked out with the row. `columns` are those of `scored`; a name of the SELECT's own is none of them.
    None for any other policy, such as one that ranks, filters or joins.
    """
    select = sqlglot.parse_one(sql, dialect="duckdb")
    if not isinstance(select, exp.Select) or {name for name, value in select.args.items() if value} - {
        "expressions",
        "from",
        "from_",
        "kind",
    }:
        return None
    source = select.find(exp.From)
    table = source.this if source else None
    if not isinstance(table, exp.Table) or (table.name.lower(), table.db) != (SCORED, ""):
        return None
    if {name for name, value in table.args.items() if value} - {"this", "alias"} or not _passed_on(select, identity):
        return None
    found = [each for each in select.expressions if each.alias_or_name.lower() == DECISION]
    if len(found) != 1 or not all(isinstance(node, _OF_ONE_ROW) for node in found[0].walk()):
        return None
    known = {name.lower() for name in columns}
    for column in found[0].find_all(exp.Column):
        first, *others = [part.name.lower() for part in column.parts]
        if (others[0] if others and first == table.alias_or_name.lower() else first) not in known:
            return None  # a name that the SELECT itself has given
    return found[0].unalias().sql(dialect="duckdb"), table.alias_or_name


def _passed_on(select: exp.Select, identity: list[str]) -> bool:
    """Whether a SELECT passes these columns on as they are."""
    plain = {each.name.lower() for each in select.expressions if isinstance(each, exp.Column)}
    everything = any(isinstance(each, exp.Star) and not any(each.args.values()) for each in select.expressions)
    return everything or plain >= {name.lower() for name in identity}


def decide(warehouse: Warehouse, sql: str, identity: list[str], reference: str) -> str:
    """The name of a temporary table with the policy's decision for each row of `scored`.

    `identity` are the columns that tell the rows of `scored` apart. Raises PolicyError when the policy fails, or does not
    return them once for each row.
    """
    names = ", ".join(quoted(name) for name in identity)
    with _failing(warehouse, reference):
        # Run once: what is checked is what is written.
        warehouse.execute(
            f"create or replace temporary table {DECIDED} as "
            f"select {names}, cast({DECISION} as varchar) as {DECISION} from (\n{sql}\n) as policy"
        )
        expected, found, common = (
            warehouse.value(f"select count(*) as rows from {source}")
            for source in (SCORED, DECIDED, f"(select {names} from {SCORED} intersect select {names} from {DECIDED})")
        )
    if (found, common) != (expected, expected):
        raise PolicyError(
            f"policy {reference}: it returns {found} rows for {expected} scores, {common} of them with the "
            f"{', '.join(identity)} of a score; expected one for each"
        )
    return DECIDED


@contextmanager
def _failing(warehouse: Warehouse, reference: str) -> Iterator[None]:
    """Raises what the engine says in the block as PolicyError."""
    try:
        with warehouse.translating_errors():
            yield
    except WarehouseError as error:
        raise PolicyError(f"policy {reference} fails: {error.__cause__}") from None
