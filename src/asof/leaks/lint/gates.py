"""When rows become visible: the conditions by which models hide what is not known at the present."""

from datetime import datetime

from sqlglot import exp

from asof.clock import parse_instant
from asof.dbt_files.graph import Node
from asof.errors import ClockError
from asof.features.lineage.ancestry import Ancestry, Place

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


def _instant(expression: exp.Expression) -> datetime | None:
    literal = expression.this if isinstance(expression, exp.Cast) else None
    if not isinstance(literal, exp.Literal):
        return None
    try:
        return parse_instant(literal.name)
    except ClockError:
        return None
