"""Features that are made of what the label is made of."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from sqlglot import exp

from asof.dbt_files.graph import Node
from asof.features.lineage.ancestry import Column, Place, Trail
from asof.features.lineage.query import ROWS, conditions
from asof.leaks.lint.knowledge import is_compared
from asof.leaks.lint.rules import LABEL_REACHABLE
from asof.leaks.lint.subject import Subject, names
from asof.leaks.lint.windows import Hit


def labels(subject: Subject) -> Iterator[Hit]:
    """The feature itself, where it reaches a source of the label and its group's known time does not hold it back."""
    label = subject.parts.label
    if label is None:
        return
    own = _own_sources(subject, label)
    reached = own & (subject.sources(subject.values) | subject.sources(subject.rows))
    if reached and subject.is_group:
        reached = _without_the_past(subject, label, reached)
    if reached and not (subject.is_group and _is_held_back(subject, label, own)):
        graph = subject.ancestry.graph
        columns = sorted(f"{graph.nodes[id_].name}.{column}" for id_, column in reached)
        nearest = next(iter((subject.values.places or subject.rows.places).values()))
        yield LABEL_REACHABLE, Place(subject.node, nearest.step), f"made of {', '.join(columns)}"


def _own_sources(subject: Subject, label: Node) -> set[Column]:
    """The source columns of the outcomes, but for those that the question itself is made of."""
    outcome, question = Trail.empty(), Trail.empty()
    for name in names(label.meta["labels"]):
        outcome.add(subject.ancestry.trail(label, name))
    spine = subject.parts.spine
    read = [
        column for id_, column in outcome.columns if id_ == spine.id and column != ROWS
    ]  # as to find its own rows by
    for name in [*names(spine.meta["key"]), str(spine.meta["as_of"]), *read]:
        question.add(subject.ancestry.trail(spine, name))
    return subject.sources(outcome) - subject.sources(question)


def _without_the_past(subject: Subject, label: Node, reached: set[Column]) -> set[Column]:
    """What is reached, without the tables of which the outcome takes the rows after the question, and the feature those
    before it: whether a customer buys in the next weeks, from how often they bought before.

    The outcome's rows are those whose time is later than the question's, and the same time gates the feature's rows.
    """
    later = _times_after_the_question(subject, label)
    gating = subject.sources(subject.known)
    past = {time[0] for time in later if time in gating or is_compared(subject, {time})}
    return {column for column in reached if column[0] not in past}


def _times_after_the_question(subject: Subject, label: Node) -> set[Column]:
    """The times that must be later than the question for a row to count for the outcome.

    At the very moment of the question a row is known to the feature, so that `>=` is not enough.
    """
    ancestry, spine = subject.ancestry, subject.parts.spine
    as_of = ancestry.trail(spine, str(spine.meta["as_of"]))
    found: set[Column] = set()
    for place in ancestry.whole(label, str(label.meta["labels"][0])).places.values():
        if place.step.select is None:
            continue
        for condition in conditions(place.step.select):
            for comparison in _always_holding(condition):
                late, early = comparison.this, comparison.expression
                if isinstance(comparison, exp.LT):
                    late, early = early, late
                is_question = isinstance(early, exp.Column) and set(ancestry.at(place, early).columns) >= set(
                    as_of.columns
                )
                if is_question and isinstance(late, exp.Column):
                    found |= subject.sources(ancestry.at(place, late)) - subject.sources(as_of)
    return found


def _always_holding(condition: exp.Expression) -> Iterator[exp.Expression]:
    """The comparisons `a > b` and `a < b` that a condition is made of by AND."""
    if isinstance(condition, exp.Paren):
        yield from _always_holding(condition.this)
    elif isinstance(condition, exp.And):
        yield from _always_holding(condition.left)
        yield from _always_holding(condition.right)
    elif isinstance(condition, (exp.GT, exp.LT)):
        yield condition


def _is_held_back(subject: Subject, label: Node, own: set[Column]) -> bool:
    """The group's known time is that of the outcome: it goes through a column that tells when the outcome was known, is a
    column that the outcome itself is made of, or is computed in the same way.
    """
    if subject.sources(subject.known) & own:
        return True
    outcome = subject.ancestry.trail(label, str(label.meta["known_at"]))
    if subject.sources(outcome) & own:
        return False  # the outcome's own time is made of what becomes known, and the group's is not
    question = subject.ancestry.trail(subject.parts.spine, str(subject.parts.spine.meta["as_of"]))
    if (set(outcome.columns) - set(question.columns)) & set(subject.known.columns):
        return True
    steps = _computations(outcome)
    return bool(steps) and steps <= _computations(subject.known)


def _computations(trail: Trail) -> frozenset[str]:
    """The expressions on the way that do more than pass a column on, without the names of their tables."""
    return frozenset(
        _bare(place.step.expression)
        for place in trail.places.values()
        if not isinstance(place.step.expression, exp.Column)
    )


@lru_cache(maxsize=4096)
def _bare(expression: Any) -> str:
    copy = expression.copy()
    for column in copy.find_all(exp.Column):
        column.set("table", None)
    return str(copy.sql(dialect="duckdb"))
