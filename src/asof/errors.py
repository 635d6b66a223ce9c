"""Everything that can go wrong, as one tree. A message names the object, what was got, and the next thing to do.

AsofError
├── ProjectError            the project on disk is not as it must be
│   ├── SpecError           a model spec cannot be used
│   ├── ProfileError        a profile, target or adapter cannot be used
│   └── EstimatorError      the user's estimator cannot be loaded, built or fitted
├── WarehouseError          the warehouse is missing, or refuses
│   ├── WarehouseLockedError  another process holds it, longer than the limit
│   └── NotBuiltError       a feature view is not there, or not yet
├── DataError               rows or columns cannot be learned from or scored
├── RegistryError           a version or alias is not there, or may not be used
│   └── ArtifactError       an artifact is not what was registered, or asks for too much
└── ClockError              an instant cannot be read, or lies in the future
"""

from collections.abc import Iterable
from difflib import get_close_matches


class AsofError(Exception):
    """A mistake that its maker can mend; the command line prints its message and exits with 2."""


class ProjectError(AsofError):
    """The project on disk is not as it must be."""


class SpecError(ProjectError):
    """A model spec cannot be used."""


class ProfileError(ProjectError):
    """A profile, target or adapter cannot be used."""


class EstimatorError(ProjectError):
    """The user's estimator cannot be loaded, built or fitted."""


class WarehouseError(AsofError):
    """The warehouse is missing, or refuses."""


class WarehouseLockedError(WarehouseError):
    """Another process holds the warehouse, longer than the limit."""


class NotBuiltError(WarehouseError):
    """A feature view is not there, or not yet."""


class DataError(AsofError):
    """Rows or columns cannot be learned from or scored."""


class RegistryError(AsofError):
    """A version or alias is not there, or may not be used."""


class ArtifactError(RegistryError):
    """An artifact is not what was registered, or asks for types that the project does not allow."""


class ClockError(AsofError):
    """An instant cannot be read, or lies in the future."""


def did_you_mean(got: str, known: Iterable[str]) -> str:
    """The nearest known name as ` (did you mean 'x'?)`, else all of them as ` (known: x, y)`."""
    names = sorted(map(str, known))
    near = get_close_matches(got, names, n=1)
    if near:
        return f" (did you mean '{near[0]}'?)"
    return f" (known: {', '.join(names)})" if names else ""


def in_short(error: BaseException) -> str:
    """What another library raised, in at most 300 characters; some put whole arrays into a message."""
    text = f"{type(error).__name__}: {error}".rstrip(": ")
    return text if len(text) <= 300 else text[:299] + "…"
