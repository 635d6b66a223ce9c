"""Options that several commands share, and the project that they describe."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from asof.cli.next_command import of_this_call

if TYPE_CHECKING:
    from asof.project import Project

_OPTIONS = (
    click.option(
        "--project-dir", type=click.Path(exists=True, file_okay=False, path_type=Path), help="The project's root."
    ),
    click.option("--target", help="A target of the dbt profile, instead of its default."),
    click.option(
        "--now", metavar="INSTANT", help="Where the clock stands; else ASOF_NOW says, else it is the wall clock."
    ),
    click.option(
        "--wait", type=float, default=60.0, show_default=True, help="Seconds to wait for the warehouse's lock."
    ),
)


def project_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds --project-dir, --target, --now and --wait; the commands in an error's message get them too."""

    @wraps(command)
    def call(*arguments: Any, **options: Any) -> Any:
        from asof.errors import AsofError

        try:
            return command(*arguments, **options)
        except AsofError as error:
            error.args = (of_this_call(str(error)), *error.args[1:])
            raise

    for option in reversed(_OPTIONS):
        call = option(call)
    return call


STDOUT = "asof.stdout"  # in the context of a call: where JSON goes


def _nothing_but_json(context: click.Context, _: click.Parameter, as_json: bool) -> bool:
    """With --json, sends to stderr what the project's code and its child processes print, so that stdout has only JSON."""
    if as_json:
        context.meta[STDOUT] = context.with_resource(_apart(sys.stdout))
        context.with_resource(redirect_stdout(sys.stderr))
    return as_json


@contextmanager
def _apart(stdout: TextIO) -> Iterator[TextIO]:
    """Yields a stream to the original stdout, and points file descriptor 1 to stderr. A stdout that is not a file is left alone."""
    try:
        is_file = stdout.fileno() == 1
    except (OSError, ValueError, AttributeError):
        is_file = False
    if not is_file:
        yield stdout
        return
    stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        with os.fdopen(kept, "w", encoding=stdout.encoding, closefd=False) as stream:
            yield stream
    finally:
        os.dup2(kept, 1)
        os.close(kept)


json_option = click.option(
    "--json", "as_json", is_flag=True, callback=_nothing_but_json, help="Write JSON to stdout, for machines."
)


def open_project(project_dir: Path | None, target: str | None, now: str | None, wait: float) -> "Project":
    """The project that the options describe."""
    from asof.project import Project

    return Project.open(project_dir, target=target, now=now, wait=wait)
