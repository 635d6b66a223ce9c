"""The user's Python files: loads functions from them by path and calls them; mistakes there are told as such."""

import os
import runpy
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from asof.errors import AsofError, ProjectError, did_you_mean, in_short, remedy


def load_function(
    root: Path, reference: str, argument: str, role: str, error: type[ProjectError]
) -> Callable[..., Any]:
    """The function that `<folder>/<file>.py:<function>` names; `role` is what it is to the project.

    Raises `error` when the file is missing or fails, or has no such function.
    """
    file, function = reference.split(":")
    path = file_in(root, reference, f"{role} {reference}", error)
    if not path.is_file():
        raise error(f"{role} {reference}: there is no file {path}")
    with told_as(f"{role} {reference}", path, error):
        names = runpy.run_path(str(path))
    found: Callable[..., Any] | None = names.get(function)
    if not callable(found):
        near = did_you_mean(function, (name for name, value in names.items() if callable(value) and name[0] != "_"))
        raise error(
            f"{role} {reference}: {file} has no function '{function}'{near}; write: def {function}({argument}): ..."
        )
    return found


def file_in(root: Path, reference: str, owner: str, error: type[ProjectError]) -> Path:
    """The file of a reference `<file>` or `<file>:<function>`. Raises `error` for a path that leads out of the project."""
    file = reference.split(":", maxsplit=1)[0]
    path = root / file
    if not Path(os.path.normpath(path)).is_relative_to(os.path.normpath(root)):
        raise error(f"{owner}: {file} is outside of the project {root}; put the file into it")
    return path


@contextmanager
def told_as(owner: str, path: Path, kind: type[ProjectError]) -> Iterator[None]:
    """What the user's code raises in the block, as an error of this kind with the line of their file."""
    try:
        yield
    except (AsofError, KeyboardInterrupt):
        raise
    # The user's code may raise anything, or call exit(); what it raises is told with the line in their file.
    except BaseException as error:
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
        where = f" (line {lines[-1]})" if lines else ""
        raise kind(f"{owner} failed{where}: {in_short(error)}{remedy(error)}") from error
