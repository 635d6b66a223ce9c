"""What a version was made with: versions of Python and of the libraries whose change could change a number."""

import platform
from importlib.metadata import PackageNotFoundError, version

_LIBRARIES = ("asof", "duckdb", "ibis-framework", "numpy", "pandas", "pyarrow", "scikit-learn", "skops", "xgboost")


def environment() -> dict[str, str]:
    """Name to version; a library that is not installed is left out."""
    found = {"python": platform.python_version(), "platform": platform.platform()}
    for library in _LIBRARIES:
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            continue
    return found
