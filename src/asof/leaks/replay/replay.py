"""Replays a feature view: builds it as of moments of the past and says where today's view knows more, or otherwise."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from asof.clock import written
from asof.dbt_files.graph import Graph, Node, ViewParts
from asof.errors import NotBuiltError, ProjectError
from asof.features.lineage.ancestry import Ancestry
from asof.leaks.replay.compare import Comparison, Difference, Pair
from asof.leaks.replay.opening import opened, refuse_later_than, view_of
from asof.leaks.replay.scratch import Scratch, columns_of, moments_of
from asof.progress import Progress, Silent
from asof.project import Project, project_of
from asof.warehouse.sql import quoted

LABEL_KNOWN_AT = "label_known_at"


@dataclass(frozen=True)
class Moment:
    """A moment that was replayed: the rows that existed then, and what differs in them today."""

    moment: datetime
    rows: int
    only_then: int
    only_today: int
    columns: int
    differences: list[Difference]

    @property
    def agrees(self) -> bool:
        return not (self.differences or self.only_then or self.only_today)


@dataclass(frozen=True)
class ReplayResult:
    """A feature view as it was at each moment, against today's."""

    view: str
    moments: list[Moment]

    @property
    def agrees(self) -> bool:
        return all(moment.agrees for moment in self.moments)


def replay(
    name: str,
    project: Project | None = None,
    *,
    moments: int = 3,
    at: Sequence[datetime] = (),
    progress: Progress | None = None,
) -> ReplayResult:
    """Builds a view (or the view of a model spec) as of moments of the past, and compares every cell with today's.

    The moments are those `at`, else as many as `moments` says, spread evenly over the rows of today's view. Labels are
    left out: an outcome may be corrected. A difference is a leak, or a feature that is not deterministic.

    Raises ProjectError when the view is unknown or dbt fails, NotBuiltError when it is not built, ClockError for a moment
    after the present.
    """
    project = project_of(project, "replay(name, project)", name)
    progress = progress or Silent()
    refuse_later_than(project.clock.now(), at)
    with opened(project, view_of(project, name), progress) as opening:
        graph, parts, scratch = opening.graph, opening.parts, opening.scratch
        scratch.copy_views((parts.view, *parts.groups))
        chosen = sorted(at) or moments_of_view(scratch, parts, moments)
        found = []
        for moment in chosen:
            progress.step(f"building {parts.view.name} as of {written(moment)}")
            built = scratch.build(graph, parts.view, moment)
            progress.step("comparing")
            found.append(_compare(scratch, built, parts.view.name, moment))
    return ReplayResult(parts.view.name, found)


def moments_of_view(scratch: Scratch, parts: ViewParts, count: int) -> list[datetime]:
    """`count` moments, spread evenly over the rows of today's view. Raises NotBuiltError if it is not built or empty."""
    with scratch.connect() as connection:
        relation = scratch.today(parts.view)
        if not columns_of(connection, relation):
            raise NotBuiltError(
                f"feature view {parts.view.name} is not built; run: "
                f"dbt build --project-dir {scratch.project.dbt_dir.name} --select +{parts.view.name}"
            )
        fractions = [(n + 1) / (count + 1) for n in range(count)]
        chosen = moments_of(connection, quoted(*relation), str(parts.spine.meta["as_of"]), fractions)
    if not chosen:
        raise NotBuiltError(f"feature view {parts.view.name} has no rows to compare")
    return chosen


def _compare(scratch: Scratch, graph: Graph, view: str, moment: datetime) -> Moment:
    parts = graph.view(view)
    with scratch.connect() as connection:
        pair = Pair.of(parts, parts.view, scratch, connection, moment)
        labels = [*parts.label.meta["labels"], LABEL_KNOWN_AT] if parts.label else []
        columns = pair.columns(leave_out=labels)
        compared = pair.compare(columns)
        _refuse_nothing_to_compare(pair, compared)
        ancestry = Ancestry(
            graph, scratch.project.target.adapter, lambda node: columns_of(connection, scratch.built(node))
        )
        differing: dict[str, int] = {}
        differences = [
            Difference(column, rows, pair.examples(column), _first(scratch, pair, parts, ancestry, column, differing))
            for column, rows in compared.columns.items()
            if rows
        ]
    return Moment(moment, compared.rows, compared.only_then, compared.only_today, len(columns), differences)


def _refuse_nothing_to_compare(pair: Pair, compared: Comparison) -> None:
    """Raises NotBuiltError where no row had come due, or today's view has not got as far as the moment."""
    if not (compared.rows or compared.only_then or compared.only_today):
        raise NotBuiltError(
            f"feature view {pair.node.name}: no row had come due by {written(pair.moment)}; choose a later moment"
        )
    then, today = pair.newest()
    if then is not None and (today is None or today < then):
        raise NotBuiltError(
            f"feature view {pair.node.name} is built up to {today} and lacks rows that were due by "
            f"{written(pair.moment)}; run: dbt build --select +{pair.node.name}, or choose an earlier moment"
        )


def _first(
    scratch: Scratch, pair: Pair, parts: ViewParts, ancestry: Ancestry, column: str, differing: dict[str, int]
) -> str | None:
    """The first group on a column's path whose own rows differ, or the spine; None where neither can be named."""
    made_of = {node.id: node for node in (*parts.groups, parts.spine)}
    try:
        inputs = ancestry.query(parts.view).trace(column.lower()).inputs
    except ProjectError:  # SQL that sqlglot cannot read: the difference is told all the same
        return None
    path = [ancestry.graph.find(*relation) for relation, _ in inputs]
    names = {node.id for node in path if node is not None}
    for node in ancestry.graph.ancestors(parts.view):
        if node.id in names and node.id in made_of and node != parts.spine:
            if node.id not in differing:
                differing[node.id] = _differing_rows(scratch, pair, parts, node)
            if differing[node.id]:
                return node.name
    return parts.spine.name if parts.spine.id in names and len(names) == 1 else None


def _differing_rows(scratch: Scratch, pair: Pair, parts: ViewParts, group: Node) -> int:
    own = Pair.of(parts, group, scratch, pair.connection, pair.moment)
    compared = own.compare(own.columns())
    return compared.only_then + compared.only_today + sum(compared.columns.values())
