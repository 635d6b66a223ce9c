"""What a version was made with: versions of Python and of the libraries whose change could change a number, and the git commit."""

import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_LIBRARIES = ("asof", "duckdb", "ibis-framework", "numpy", "pandas", "pyarrow", "scikit-learn", "skops", "xgboost")
_BUILDS = {"xgboost-cpu": "xgboost"}  # another build of a library, whose last digits differ: both names are recorded


def environment(root: Path) -> dict[str, str]:
    """Name to version; a library that is not installed is left out. `git_commit` is that of the project in the folder `root`, with
    a `+` where files differ from it; left out where git does not know it.
    """
    found = {"python": platform.python_version(), "platform": platform.platform()}
    for distribution in (*_LIBRARIES, *_BUILDS):
        try:
            found[distribution] = version(distribution)
        except PackageNotFoundError:
            continue
        if distribution in _BUILDS:
            found.setdefault(_BUILDS[distribution], found[distribution])
    commit = _git(root, "rev-parse", "HEAD")
    if commit:
        found["git_commit"] = commit + ("+" if _git(root, "status", "--porcelain", "--", ".") else "")
    return found


def _git(root: Path, *arguments: str) -> str:
    """What git prints in a folder; nothing where it fails or is not installed."""
    try:
        done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)  # noqa: S603, S607
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
