"""The time rule as its words say it, in plain Python and by looking at every row; shares no code with the package."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Fact:
    """A row of a group. `ends_at` is the row's own end, where the group has such a column."""

    entity: tuple
    event_time: datetime | None
    known_at: datetime | None
    values: tuple
    ends_at: datetime | None = None


def answer(
    facts: Iterable[Fact], entity: Sequence, as_of: datetime | None, ttl: timedelta | None = None
) -> tuple | None:
    """The values of the fact that counts for an entity at a moment; None where none does."""
    if as_of is None or None in entity:
        return None
    visible = [
        fact
        for fact in facts
        if fact.entity == tuple(entity)
        and fact.event_time is not None
        and fact.known_at is not None
        and fact.event_time <= as_of
        and fact.known_at <= as_of
    ]
    if not visible:
        return None
    winner = max(visible, key=lambda fact: (fact.event_time, fact.known_at))
    if ttl is not None and winner.event_time <= as_of - ttl:
        return None
    if winner.ends_at is not None and winner.ends_at <= as_of:
        return None
    return winner.values
