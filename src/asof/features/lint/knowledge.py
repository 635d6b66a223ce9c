"""When rows become visible: the conditions by which models hide what is not known at the present, and who ignores them."""

from collections.abc import Iterator
from datetime import datetime

from sqlglot import exp

from asof.clock import parse_instant
from asof.errors import ClockError
from asof.features.graph import Node
from asof.features.lineage.ancestry import Ancestry, Column, Place
from asof.features.lint.rules import NOT_KNOWN_YET
from asof.features.lint.subject import Subject
from asof.features.lint.windows import Hit

COMPARISONS = (exp.LT, exp.LTE, exp.GT, exp.GTE)


def gates(ancestry: Ancestry, node: Node, now: datetime) -> list[tuple[Place, exp.Expression]]:
    """The times that a model compares with the present in its conditions, as asof.visible does."""
    if not ancestry.reads(node):
        return []
    found = []
    for step in ancestry.query(node).trace("*").steps.values():
        for comparison in step.expression.find_all(*COMPARISONS):
            for side, other in ((comparison.this, comparison.expression), (comparison.expression, comparison.this)):
                if _instant(other) == now and side.find(exp.Column) is not None:
                    found.append((Place(node, step), side))
    return found


def not_known_yet(subject: Subject, now: datetime) -> Iterator[Hit]:
    """The gates of models that a feature's values come from, where the feature's known time knows nothing of them."""
    ancestry = subject.ancestry
    known = subject.sources(subject.known)
    for id_ in subject.values.node_ids() - _remembered(subject):
        for place, time in gates(ancestry, ancestry.graph.nodes[id_], now):
            unknown = subject.sources(ancestry.at(place, time)) - known
            if unknown and not is_compared(subject, unknown):
                sql = f"{time.sql(dialect='duckdb')}, from which on {place.node.name} shows its rows"
                yield NOT_KNOWN_YET, Place(subject.node, place.step), sql


def _remembered(subject: Subject) -> set[str]:
    """What a snapshot has seen by the time of its own run, where that is the known time."""
    graph = subject.ancestry.graph
    snapshots = [graph.nodes[id_] for id_ in subject.known.node_ids() if graph.nodes[id_].kind == "snapshot"]
    return {
        node.id for found in snapshots if found.config.get("strategy") == "check" for node in graph.ancestors(found)
    }


def is_compared(subject: Subject, unknown: set[Column]) -> bool:
    """Whether a condition on the way holds what is not known against a time of the feature's row."""
    for place in subject.places:
        for comparison in place.step.expression.find_all(*COMPARISONS, exp.Between):
            trails = [subject.ancestry.at(place, column) for column in comparison.find_all(exp.Column)]
            reaching = [bool(subject.sources(trail) & unknown) for trail in trails]
            times = [subject.is_time_of_row(trail) for trail in trails]
            if any(reaching) and any(time and not reaches for time, reaches in zip(times, reaching, strict=True)):
                return True
    return False


def _instant(expression: exp.Expression) -> datetime | None:
    literal = expression.this if isinstance(expression, exp.Cast) else None
    if not isinstance(literal, exp.Literal):
        return None
    try:
        return parse_instant(literal.name)
    except ClockError:
        return None
