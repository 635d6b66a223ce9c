"""What a feature view takes from elsewhere than asof.feature_view: from its label, or from models joined beside it."""

from collections.abc import Iterator

from sqlglot import exp

from asof.dbt_files.graph import ViewParts
from asof.features.lineage.ancestry import Ancestry
from asof.features.lineage.query import ROWS
from asof.leaks.lint.rules import CURRENT_STATE, LABEL_REACHABLE, Rule
from asof.leaks.lint.subject import features


def outsiders(parts: ViewParts, ancestry: Ancestry) -> Iterator[tuple[Rule, str, exp.Expression]]:
    """Features of the view that read its label, or a model that is no spine and no group of it."""
    query = ancestry.query(parts.view)
    made_of = {parts.spine.id, *(group.id for group in parts.groups)}
    for feature in features(parts, query.outputs):
        trace = query.trace(feature)
        for relation, column in trace.inputs:
            node = ancestry.graph.find(*relation)
            if node is None or node.id in made_of or column == ROWS or trace.lost:
                continue
            rule = LABEL_REACHABLE if node == parts.label else CURRENT_STATE
            yield rule, feature, next(iter(trace.steps.values())).expression
