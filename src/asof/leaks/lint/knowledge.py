"""Features whose rows are known before what they are made of becomes visible."""

from collections.abc import Iterator

from sqlglot import exp

from asof.features.lineage.ancestry import Column, Place
from asof.leaks.lint.gates import COMPARISONS, gates
from asof.leaks.lint.rules import NOT_KNOWN_YET
from asof.leaks.lint.subject import Subject
from asof.leaks.lint.windows import Hit


def not_known_yet(subject: Subject) -> Iterator[Hit]:
    """Yields the gates of models that a feature's values come from, if the feature's known time does not depend on them.

    The columns that a window is partitioned by are not values: they only say which rows belong together.
    """
    ancestry = subject.ancestry
    known = subject.sources(subject.known)
    for id_ in subject.bare_values.node_ids() - _remembered(subject):
        for place, time in gates(ancestry, ancestry.graph.nodes[id_], subject.now):
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
