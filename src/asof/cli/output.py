"""How results look: tables of words for people, JSON for machines, a moving line for what takes long on a terminal."""

import dataclasses
import json
import math
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from asof.cli.options import STDOUT

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID


def number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def interval(low: float | None, high: float | None) -> str:
    return "-" if low is None or high is None else f"{low:.4f} to {high:.4f}"


def instant(value: datetime | None) -> str:
    """An instant to the minute, in UTC."""
    return "-" if value is None else f"{value:%Y-%m-%d %H:%M}"


def print_json(value: Any) -> None:
    """As JSON that every reader takes: NaN and infinity, which JSON does not know, are null."""
    text = json.dumps(_finite(json.loads(json.dumps(value, default=_plain))), indent=2)
    context = click.get_current_context(silent=True)
    click.echo(text, file=context.meta.get(STDOUT) if context else None)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    return value.isoformat() if isinstance(value, datetime) else str(value)


def table_lines(header: Sequence[str], rows: Sequence[Sequence[object]]) -> Iterator[str]:
    """Columns of text, as wide as they must be, line by line."""
    lines = [tuple(header), *(tuple(str(cell) for cell in row) for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(header))]
    for line in lines:
        yield "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()


def print_table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Prints columns of text."""
    for line in table_lines(header, rows):
        click.echo(line)


class _Bar:
    """Steps on a terminal: the present one with a bar that moves, those before it with the time they took."""

    def __init__(self, progress: "RichProgress") -> None:
        self.progress = progress
        self.current: TaskID | None = None
        self.description, self.done, self.total = "", 0, 0

    def step(self, description: str, total: int | None = None) -> None:
        self.finish()
        self.description, self.done, self.total = description, 0, total or 0
        self.current = self.progress.add_task(description, total=total)

    def advance(self, note: str = "") -> None:
        if self.current is not None:
            self.done += 1
            shown = f"{self.description}, {self.done} of {self.total}" + (f": {note}" if note else "")
            self.progress.update(self.current, advance=1, description=shown)

    def finish(self) -> None:
        if self.current is not None:
            total = self.total or 1
            self.progress.update(self.current, total=total, completed=total)


@contextmanager
def progress_bar() -> Iterator[_Bar | None]:
    """A listener for steps that draws on stderr when that is a terminal, else None."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(bar_width=20), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        bar = _Bar(progress)
        yield bar
        bar.finish()
