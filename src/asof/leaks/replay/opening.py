"""What every replay begins with: a dbt process, the parsed project, and a scratch warehouse that can read the sources."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from asof.clock import written
from asof.dbt_files.graph import Graph, ViewParts
from asof.dbt_files.manifest import read_graph
from asof.errors import ClockError
from asof.leaks.replay.scratch import Scratch, refuse_what_cannot_be_replayed
from asof.progress import Progress
from asof.project import Project


@dataclass(frozen=True)
class Opened:
    """A feature view that can be built again, in a scratch warehouse."""

    graph: Graph
    parts: ViewParts
    scratch: Scratch


@contextmanager
def opened(project: Project, view: str, progress: Progress) -> Iterator[Opened]:
    """A feature view of the project, ready to be built in a scratch warehouse that is removed after the block.

    Raises ProjectError when the view is unknown, dbt fails, or a model cannot be replayed.
    """
    progress.step("reading the project")
    with (
        tempfile.TemporaryDirectory(prefix="asof-replay-") as folder,
        project.running_dbt(Path(folder)) as dbt,
    ):
        graph = read_graph(dbt.parsed())
        parts = graph.view(view)
        scratch = Scratch(project, Path(folder), dbt)
        ancestors = graph.ancestors(parts.view)
        refuse_what_cannot_be_replayed(ancestors)
        progress.step("reading the warehouse")
        scratch.copy_views(node for node in ancestors if node.kind == "source")
        yield Opened(graph, parts, scratch)


def view_of(project: Project, name: str) -> str:
    """The feature view that a name stands for: a model spec's, or the view of that name."""
    return project.model_spec(name).view if name in project.model_names else name


def refuse_later_than(now: datetime, moments: Sequence[datetime]) -> None:
    """Raises ClockError for a moment after the present."""
    for moment in moments:
        if moment > now:
            raise ClockError(f"{written(moment)} is after the present {written(now)}; nothing was built then yet")
