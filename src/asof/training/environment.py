"""What a version was made with: versions of Python and of the libraries whose change could change a number."""

import platform
from importlib.metadata import PackageNotFoundError, version

_LIBRARIES = ("asof", "duckdb", "ibis-framework", "numpy", "pandas", "pyarrow", "scikit-learn", "skops", "xgboost")
_BUILDS = {"xgboost-cpu": "xgboost"}  # another build of a library, whose last digits differ: both names are recorded


def environment() -> dict[str, str]:
    """Name to version; a library that is not installed is left out."""
    found = {"python": platform.python_version(), "platform": platform.platform()}
    for distribution in (*_LIBRARIES, *_BUILDS):
        try:
            found[distribution] = version(distribution)
        except PackageNotFoundError:
            continue
        if distribution in _BUILDS:
            found.setdefault(_BUILDS[distribution], found[distribution])
    return found
