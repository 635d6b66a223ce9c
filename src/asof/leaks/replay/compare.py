"""Compares a view, or a group, as it was built for a moment with the one of today, cell by cell and in the warehouse."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from asof.dbt_files.graph import Node, ViewParts
from asof.errors import NotBuiltError, ProjectError
from asof.leaks.replay.scratch import Scratch, columns_of
from asof.warehouse.database import Connection
from asof.warehouse.sql import quoted

EXAMPLES = 3


@dataclass(frozen=True)
class Example:
    """A row of which a cell differs: its key, and both values."""

    key: dict[str, Any]
    then: Any
    today: Any


@dataclass(frozen=True)
class Difference:
    """A column that is not what it was: in how many rows, with examples, and the first model on its path that differs."""

    column: str
    rows: int
    examples: list[Example]
    first: str | None


@dataclass(frozen=True)
class Comparison:
    """The rows that both have, and those that only one has."""

    rows: int
    only_then: int
    only_today: int
    columns: dict[str, int]


@dataclass(frozen=True)
class Pair:
    """A relation in both databases, restricted to what a moment can know of it."""

    connection: Connection
    node: Node
    then: tuple[str, str, str]  # in the scratch database
    today: tuple[str, str, str]
    key: tuple[str, ...]
    time: str  # the column that says which rows the moment knows
    moment: datetime

    @classmethod
    def of(
        cls,
        parts: ViewParts,
        node: Node,
        scratch: Scratch,
        connection: Connection,
        moment: datetime,
    ) -> Self:
        """A view by its questions, or one of its groups by entity and times."""
        if node.id == parts.view.id:
            time = str(parts.spine.meta["as_of"])
            key = [*parts.spine.meta["key"], time]
        else:
            time = str(node.meta["known_at"])
            key = [*node.meta["entity"], str(node.meta["event_time"]), time]
        own = tuple(dict.fromkeys(key))
        return cls(connection, node, scratch.built(node), scratch.today(node), own, time, moment)

    def compare(self, columns: Sequence[str]) -> Comparison:
        """Counts the rows in which each column differs; a NULL is equal to a NULL."""
        changed = "".join(
            f",\n    count(*) filter (then_.asof_there and today.asof_there and then_.{quoted(c)} is distinct from today.{quoted(c)})"
            for c in columns
        )
        rows = self.connection.execute(
            f"""
            select
                count(*) filter (then_.asof_there and today.asof_there),
                count(*) filter (today.asof_there is null),
                count(*) filter (then_.asof_there is null){changed}
            from {self._joined()}
            """,
            self._bound(),
        ).fetchone()
        assert rows is not None  # noqa: S101  # an aggregate has one row
        both, only_then, only_today, *counts = rows
        return Comparison(both, only_then, only_today, dict(zip(columns, counts, strict=True)))

    def examples(self, column: str) -> list[Example]:
        """Some rows in which a column differs, in the order of their keys."""
        keys = ", ".join(f"then_.{quoted(name)}" for name in self.key)
        found = self.connection.execute(
            f"""
            select {keys}, then_.{quoted(column)}, today.{quoted(column)}
            from {self._joined()}
            where then_.asof_there and today.asof_there
                and then_.{quoted(column)} is distinct from today.{quoted(column)}
            order by {keys}
            limit {EXAMPLES}
            """,
            self._bound(),
        ).fetchall()
        width = len(self.key)
        return [Example(dict(zip(self.key, row[:width], strict=True)), row[width], row[width + 1]) for row in found]

    def columns(self, leave_out: Sequence[str] = ()) -> list[str]:
        """The columns that both have, but for the key.

        Raises NotBuiltError when today's relation is missing or has others, ProjectError when it lacks its own key.
        """
        then, today = (columns_of(self.connection, relation) for relation in (self.then, self.today))
        if not today:
            raise NotBuiltError(f"dbt model {self.node.name} is not built; run: dbt build --select +{self.node.name}")
        if set(then) != set(today):
            raise NotBuiltError(
                f"dbt model {self.node.name} has other columns in the warehouse than its SQL makes: "
                f"{', '.join(sorted(set(then) ^ set(today)))}; run: dbt build --full-refresh --select +{self.node.name}"
            )
        for name in (*self.key, self.time):
            if name not in then:
                raise ProjectError(
                    f"dbt model {self.node.name}: it has no column '{name}', which its rows are told apart by; "
                    "keep it in the model's SELECT"
                )
        return [name for name in then if name not in {*self.key, *leave_out}]

    def newest(self) -> tuple[datetime | None, datetime | None]:
        """The newest moment in the rows of then, and in all of today's."""
        then, today = (
            self.connection.execute(f"select max({quoted(self.time)}) from {quoted(*relation)}").fetchone() or (None,)
            for relation in (self.then, self.today)
        )
        return then[0], today[0]

    def _joined(self) -> str:
        on = " and ".join(f"then_.{quoted(name)} is not distinct from today.{quoted(name)}" for name in self.key)
        sides = [
            f"(select true as asof_there, * from {quoted(*relation)} where {quoted(self.time)} <= ?) as {name}"
            for relation, name in ((self.then, "then_"), (self.today, "today"))
        ]
        return f"{sides[0]} full join {sides[1]} on {on}"

    def _bound(self) -> list[datetime]:
        return [self.moment, self.moment]
