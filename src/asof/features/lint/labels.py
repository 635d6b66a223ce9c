"""Features that are made of what the label is made of."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from sqlglot import exp

from asof.features.graph import Node
from asof.features.lineage.ancestry import Column, Place, Trail
from asof.features.lint.rules import LABEL_REACHABLE
from asof.features.lint.subject import Subject, names
from asof.features.lint.windows import Hit


def labels(subject: Subject) -> Iterator[Hit]:
    """The feature itself, where it reaches a source of the label and its group's known time does not hold it back."""
    label = subject.parts.label
    if label is None:
        return
    own = _own_sources(subject, label)
    reached = own & (subject.sources(subject.values) | subject.sources(subject.rows))
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
    for name in [*names(subject.parts.spine.meta["key"]), str(subject.parts.spine.meta["as_of"])]:
        question.add(subject.ancestry.trail(subject.parts.spine, name))
    return subject.sources(outcome) - subject.sources(question)


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
