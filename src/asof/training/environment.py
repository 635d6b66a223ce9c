"""What a version was made with: versions of Python and of the libraries whose change could change a number."""

import platform
from importlib.metadata import PackageNotFoundError, version

_LIBRARIES = ("asof", "duckdb", "ibis-framework", "numpy", "pandas", "pyarrow", "scikit-learn", "skops", "xgboost")
_ALSO = {"xgboost-cpu": "xgboost"}  # another distribution of the same library


def environment() -> dict[str, str]:
    """Name to version; a library that is not installed is left out."""
    found = {"python": platform.python_version(), "platform": platform.platform()}
    for distribution in (*_LIBRARIES, *_ALSO):
        try:
            found.setdefault(_ALSO.get(distribution, distribution), version(distribution))
        except PackageNotFoundError:
            continue
    return found
