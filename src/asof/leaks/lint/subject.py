"""What the rules look at: one feature of a view, and where its values, its rows and their times come from."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from asof.dbt_files.graph import Node, ViewParts
from asof.features.lineage.ancestry import Ancestry, Column, Place, Trail
from asof.features.lineage.query import ROWS


@dataclass(frozen=True)
class Subject:
    """A feature of a view, as a column of the group or spine that it comes from, or of the view's own SQL."""

    feature: str
    node: Node
    parts: ViewParts
    ancestry: Ancestry
    column: str | None  # of the node; None for the view's own SQL
    values: Trail  # what the value is made of
    rows: Trail  # what decides which rows there are
    known: Trail  # the known time of its row: of a spine's, the moment of the prediction; bare
    times: frozenset[Column]  # all columns that the row's times come from
    is_group: bool
    now: datetime  # the present with which the SQL was compiled

    @property
    def bare_values(self) -> Trail:
        """The trail of the value, without the columns that its windows are partitioned or ordered by."""
        column = self.column
        return self.values if column is None else self.ancestry.trail(self.node, column, bare=True)

    @property
    def places(self) -> Iterator[Place]:
        """Where its values and its rows are made."""
        yield from {**self.values.places, **self.rows.places}.values()

    def is_time_of_row(self, trail: Trail) -> bool:
        """Whether something is made of a time of the row: of its columns, or in one of the places where it is made."""
        return bool(set(trail.columns) & self.times or set(trail.places) & set(self.known.places))

    def is_known_time(self, trail: Trail) -> bool:
        """Whether a trail is that of the row's known time: the same source columns, through no other expression."""
        sources = self.sources(trail)
        is_something = bool(sources or trail.places)  # a literal is neither
        return is_something and set(trail.places) <= set(self.known.places) and sources == self.sources(self.known)

    def sources(self, trail: Trail) -> set[Column]:
        return trail.sources(self.ancestry.graph)


def subjects(parts: ViewParts, ancestry: Ancestry, now: datetime) -> Iterator[Subject]:
    """Every feature of a view with each column of a spine or group that it is made of, and with the view's own SQL."""
    query = ancestry.query(parts.view)
    made_of = {node.id: node for node in (parts.spine, *parts.groups)}
    as_of = str(parts.spine.meta["as_of"]).lower()
    for feature in features(parts, query.outputs):
        yield _of_view(feature, parts, ancestry, as_of, now)
        for relation, column in query.trace(feature).inputs:
            node = ancestry.graph.find(*relation)
            if node is None or node.id not in made_of or column == ROWS or (node == parts.spine and column == as_of):
                continue  # the moment of the prediction itself is no secret
            is_group = node.role == "feature_group"
            known_at = str(node.meta["known_at"]) if is_group else as_of
            event_time = str(node.meta["event_time"]) if is_group else as_of
            known = ancestry.trail(node, known_at, bare=True)
            yield Subject(
                feature,
                node,
                parts,
                ancestry,
                column,
                values=ancestry.trail(node, column),
                rows=ancestry.trail(node, ROWS),
                known=known,
                times=frozenset({*known.columns, *ancestry.trail(node, event_time, bare=True).columns}),
                is_group=is_group,
                now=now,
            )


def _of_view(feature: str, parts: ViewParts, ancestry: Ancestry, as_of: str, now: datetime) -> Subject:
    """What the view's own SQL does to a feature. The join is right by construction, so that its rows do not count."""
    trail, known = ancestry.trail(parts.view, feature), ancestry.trail(parts.spine, as_of)
    own = {key: place for key, place in trail.places.items() if place.node == parts.view}
    lost = {(id_, column): None for id_, column in trail.lost if id_ == parts.view.id}
    times = frozenset(known.columns)
    return Subject(
        feature,
        parts.view,
        parts,
        ancestry,
        None,
        Trail({}, own, lost),
        Trail.empty(),
        known,
        times,
        is_group=False,
        now=now,
    )


def features(parts: ViewParts, columns: list[str]) -> Iterator[str]:
    """The columns of a view that are neither labels nor their time."""
    labels = names(parts.label.meta["labels"]) if parts.label else []
    return (column for column in columns if column not in {*labels, "label_known_at"})


def names(value: object) -> list[str]:
    """The names in a list of a model's meta, in lower case."""
    return [str(name).lower() for name in value] if isinstance(value, list) else []
