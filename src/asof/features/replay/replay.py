"""Replays a feature view: builds it as of moments of the past and says where today's view knows more, or otherwise."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from asof.errors import ClockError, NotBuiltError
from asof.features.dbt_run import run_dbt
from asof.features.graph import Graph, Node, ViewParts, read_graph
from asof.features.lineage.ancestry import Ancestry
from asof.features.replay.compare import Difference, Pair
from asof.features.replay.scratch import TODAY, Scratch, columns_of, moments_of
from asof.progress import Progress, Silent
from asof.spec.project import Project

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


def view_of(project: Project, name: str) -> str:
    """The feature view that a name stands for: a model spec's, or the view of that name."""
    return project.model_spec(name).feature_view if name in project.model_names else name


def replay(
    project: Project,
    name: str,
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
    progress = progress or Silent()
    now = project.clock.now()
    for moment in at:
        if moment > now:
            raise ClockError(f"{moment.isoformat()} is after the present {now.isoformat()}; nothing was built then yet")
    with tempfile.TemporaryDirectory(prefix="asof-replay-") as folder:
        progress.step("reading the project")
        graph = read_graph(run_dbt(project, "parse", now, Path(folder) / "parse"))
        parts = graph.view(view_of(project, name))
        scratch = Scratch(project, Path(folder))
        chosen = sorted(at) or _spread(scratch, parts, moments)
        found = []
        for moment in chosen:
            progress.step(f"building {parts.view.name} as of {moment:%Y-%m-%d %H:%M}")
            built = scratch.build(graph, parts.view, moment)
            progress.step("comparing")
            found.append(_compare(scratch, built, parts.view.name, moment))
    return ReplayResult(parts.view.name, found)


def _spread(scratch: Scratch, parts: ViewParts, count: int) -> list[datetime]:
    with scratch.connect() as connection:
        if not columns_of(connection, TODAY, parts.view):
            raise NotBuiltError(
                f"feature view {parts.view.name} is not built; run: "
                f"dbt build --project-dir {scratch.project.dbt_dir.name} --select +{parts.view.name}"
            )
        fractions = [(n + 1) / (count + 1) for n in range(count)]
        chosen = moments_of(connection, parts.view, str(parts.spine.meta["as_of"]), fractions)
    if not chosen:
        raise NotBuiltError(f"feature view {parts.view.name} has no rows to compare")
    return chosen


def _compare(scratch: Scratch, graph: Graph, view: str, moment: datetime) -> Moment:
    parts = graph.view(view)
    catalog = scratch.file.stem
    with scratch.connect() as connection:
        as_of = str(parts.spine.meta["as_of"])
        key = tuple(dict.fromkeys([*parts.spine.meta["key"], as_of]))
        pair = Pair(connection, catalog, parts.view, key, as_of, moment)
        labels = [*parts.label.meta["labels"], LABEL_KNOWN_AT] if parts.label else []
        columns = pair.columns(leave_out=labels)
        compared = pair.compare(columns)
        ancestry = Ancestry(graph, scratch.project.target.adapter, lambda node: columns_of(connection, catalog, node))
        differing: dict[str, int] = {}
        differences = [
            Difference(column, rows, pair.examples(column), _first(pair, parts, ancestry, column, differing))
            for column, rows in compared.columns.items()
            if rows
        ]
    return Moment(moment, compared.rows, compared.only_then, compared.only_today, len(columns), differences)


def _first(pair: Pair, parts: ViewParts, ancestry: Ancestry, column: str, differing: dict[str, int]) -> str | None:
    """The first model on a column's path, from the sources on, whose own rows differ: a group, else the spine or view."""
    made_of = {node.id: node for node in (*parts.groups, parts.spine)}
    inputs = ancestry.query(parts.view).trace(column.lower()).inputs
    path = [ancestry.graph.find(*relation) for relation, _ in inputs]
    names = {node.id for node in path if node is not None}
    for node in ancestry.graph.ancestors(parts.view):
        if node.id in names and node.id in made_of and node != parts.spine:
            if node.id not in differing:
                differing[node.id] = _differing_rows(pair, node)
            if differing[node.id]:
                return node.name
    return parts.spine.name if parts.spine.id in names and len(names) == 1 else None


def _differing_rows(pair: Pair, group: Node) -> int:
    known_at = str(group.meta["known_at"])
    key = tuple(dict.fromkeys([*group.meta["entity"], str(group.meta["event_time"]), known_at]))
    own = Pair(pair.connection, pair.catalog, group, key, known_at, pair.moment)
    compared = own.compare(own.columns())
    return compared.only_then + compared.only_today + sum(compared.columns.values())
