"""Tries incremental models: builds a view in steps of the clock and in full, and compares what came of it."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from asof.errors import ClockError
from asof.features.dbt_run import running_dbt
from asof.features.graph import Graph, Node, ViewParts, read_graph
from asof.features.replay.compare import Difference, Pair
from asof.features.replay.replay import moments_of_view, view_of
from asof.features.replay.scratch import Scratch, refuse_what_cannot_be_replayed
from asof.progress import Progress, Silent
from asof.spec.project import Project


@dataclass(frozen=True)
class Table:
    """A relation that was built in steps and in full: the rows that both have, those that one has, and what differs in them."""

    model: str
    rows: int
    only_in_full: int
    only_in_steps: int
    columns: int
    differences: list[Difference]

    @property
    def agrees(self) -> bool:
        return not (self.differences or self.only_in_full or self.only_in_steps)


@dataclass(frozen=True)
class IncrementalReplay:
    """A feature view and its incremental groups, built at each of `steps` in turn and once in full."""

    view: str
    steps: list[datetime]
    tables: list[Table]

    @property
    def agrees(self) -> bool:
        return all(table.agrees for table in self.tables)


def replay_incremental(
    project: Project,
    name: str,
    *,
    moments: int = 3,
    at: Sequence[datetime] = (),
    progress: Progress | None = None,
) -> IncrementalReplay:
    """Builds a view (or the view of a model spec) at moments of the past in turn and then now, each on top of the one before,
    and once in full; compares every cell of the view and of its incremental groups.

    The moments are those `at`, else as many as `moments` says, spread evenly over the rows of today's view. The warehouse is only
    read. Raises ProjectError when the view is unknown or dbt fails, NotBuiltError when it is not built, ClockError for a moment
    after the present.
    """
    progress = progress or Silent()
    now = project.clock.now()
    for moment in at:
        if moment > now:
            raise ClockError(f"{moment.isoformat()} is after the present {now.isoformat()}; nothing was built then yet")
    progress.step("reading the project")
    with (
        tempfile.TemporaryDirectory(prefix="asof-replay-") as folder,
        running_dbt(project, now, Path(folder)) as dbt,
    ):
        graph = read_graph(dbt.parsed())
        parts = graph.view(view_of(project, name))
        scratch = Scratch(project, Path(folder), dbt)
        needed = graph.ancestors(parts.view)
        refuse_what_cannot_be_replayed(needed)
        progress.step("reading the warehouse")
        scratch.copy_views(node for node in needed if node.kind == "source" or node == parts.view)
        steps = [*(sorted(at) or moments_of_view(scratch, parts, moments)), now]
        for number, moment in enumerate(steps):
            progress.step(
                f"building {parts.view.name} as of {moment:%Y-%m-%d %H:%M}, step {number + 1} of {len(steps)}"
            )
            scratch.build(graph, parts.view, moment, on_top=number > 0)
        compared = [node for node in (*parts.groups, parts.view) if node.config.get("materialized") == "incremental"]
        scratch.set_aside(compared)
        progress.step(f"building {parts.view.name} in full")
        built = scratch.build(graph, parts.view, now)
        progress.step("comparing")
        tables = [_compare(scratch, built, parts, node, now) for node in compared]
    return IncrementalReplay(parts.view.name, steps, tables)


def _compare(scratch: Scratch, built: Graph, parts: ViewParts, node: Node, now: datetime) -> Table:
    key, time = _identity(parts, node)
    with scratch.connect() as connection:
        pair = Pair(connection, built.nodes[node.id], scratch.built(node), scratch.today(node), key, time, now)
        columns = pair.columns()
        found = pair.compare(columns)
        differences = [
            Difference(column, rows, pair.examples(column), first=None)
            for column, rows in found.columns.items()
            if rows
        ]
    return Table(node.name, found.rows, found.only_then, found.only_today, len(columns), differences)


def _identity(parts: ViewParts, node: Node) -> tuple[tuple[str, ...], str]:
    """The columns that tell rows of a view or group apart, and the time of a row."""
    if node == parts.view:
        as_of = str(parts.spine.meta["as_of"])
        return tuple(dict.fromkeys([*parts.spine.meta["key"], as_of])), as_of
    event_time, known_at = str(node.meta["event_time"]), str(node.meta["known_at"])
    return tuple(dict.fromkeys([*node.meta["entity"], event_time, known_at])), event_time
