"""Tries incremental models: builds a view in steps of the clock and in full, and compares the two tables."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from asof.clock import written
from asof.dbt_files.graph import Node, ViewParts
from asof.leaks.replay.compare import Difference, Pair
from asof.leaks.replay.opening import opened, refuse_later_than, view_of
from asof.leaks.replay.replay import moments_of_view
from asof.leaks.replay.scratch import Scratch
from asof.progress import Progress, Silent
from asof.project import Project, project_of


@dataclass(frozen=True)
class Table:
    """A relation built in steps and in full: the number of rows in both, in one only, and the columns that differ."""

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
    name: str,
    project: Project | None = None,
    *,
    moments: int = 3,
    at: Sequence[datetime] = (),
    progress: Progress | None = None,
) -> IncrementalReplay:
    """Builds a view (or the view of a model spec) incrementally, at moments of the past and then now, and once in full; then
    compares every cell of the view and of its incremental groups.

    The moments are those `at`, else as many as `moments` says, spread evenly over the rows of today's view. The warehouse is only
    read. Raises ProjectError when the view is unknown or dbt fails, NotBuiltError when it is not built, ClockError for a moment
    after the present.
    """
    project = project_of(project, "replay_incremental(name, project)", name)
    progress = progress or Silent()
    now = project.clock.now()
    refuse_later_than(now, at)
    with opened(project, view_of(project, name), progress) as opening:
        graph, parts, scratch = opening.graph, opening.parts, opening.scratch
        scratch.copy_views([parts.view])
        steps = [*(sorted(at) or moments_of_view(scratch, parts, moments)), now]
        for number, moment in enumerate(steps):
            progress.step(f"building {parts.view.name} as of {written(moment)}, step {number + 1} of {len(steps)}")
            scratch.build(graph, parts.view, moment, on_top=number > 0)
        compared = [node for node in (*parts.groups, parts.view) if node.config.get("materialized") == "incremental"]
        scratch.set_aside(compared)
        progress.step(f"building {parts.view.name} in full")
        scratch.build(graph, parts.view, now)
        progress.step("comparing")
        tables = [_compare(parts, node, scratch, now) for node in compared]
    return IncrementalReplay(parts.view.name, steps, tables)


def _compare(parts: ViewParts, node: Node, scratch: Scratch, now: datetime) -> Table:
    with scratch.connect() as connection:
        pair = Pair.of(parts, node, scratch, connection, now)
        columns = pair.columns()
        compared = pair.compare(columns)
        differences = [
            Difference(column, rows, pair.examples(column), first=None)
            for column, rows in compared.columns.items()
            if rows
        ]
    return Table(node.name, compared.rows, compared.only_then, compared.only_today, len(columns), differences)
