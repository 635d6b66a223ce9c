"""Everything that can go wrong, as one tree. A message names the object, what was got, and the next thing to do.

AsofError
├── ProjectError            the project on disk is not as it must be
│   ├── SpecError           a model spec cannot be used
│   │   └── PolicyError     a decision policy cannot be used
│   ├── ProfileError        a profile, target or adapter cannot be used
│   └── EstimatorError      the user's estimator cannot be loaded, built or fitted
├── WarehouseError          the warehouse is missing, or refuses
│   ├── WarehouseLockedError  another process or thread holds it, longer than the limit
│   ├── DuplicateRowError   a row of this key is there already
│   ├── ExpressionError     an expression fails on a row
│   └── NotBuiltError       a feature view is not there, or not yet
├── DataError               rows or columns cannot be learned from or scored
│   ├── SignatureError      a view has not the columns that a version was trained on
│   ├── ChangedFeaturesError  a feature no longer means what a version was trained on
│   ├── FailedTestError     a dbt test of a column that a version uses failed
│   └── TooManyNullsError   a feature has more NULLs than the spec allows
├── FilesError              a file beside the warehouse cannot be written
├── CompileError            a fitted estimator has a part that SQL cannot compute
├── RegistryError           a version or alias is not there, or may not be used
│   └── ArtifactError       an artifact is not what was registered, or asks for too much
└── ClockError              an instant cannot be read, or lies in the future
"""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches


class AsofError(Exception):
    """A mistake that its maker can mend; the command line prints its message and exits with `exit_code`.

    `cause` is the word for it in the `cause` of a run, for machines that send people to the right place.
    """

    cause = "project"
    exit_code = 2


class ProjectError(AsofError):
    """The project on disk is not as it must be."""


class SpecError(ProjectError):
    """A model spec cannot be used."""

    cause = "spec"


class ProfileError(ProjectError):
    """A profile, target or adapter cannot be used."""


class EstimatorError(ProjectError):
    """The user's estimator cannot be loaded, built or fitted."""

    cause = "estimator"


class PolicyError(SpecError):
    """A decision policy cannot be used."""

    cause = "policy"


class WarehouseError(AsofError):
    """The warehouse is missing, or refuses."""

    cause = "warehouse"


class WarehouseLockedError(WarehouseError):
    """Another process or thread holds the warehouse, longer than the limit."""

    cause = "locked"


class DuplicateRowError(WarehouseError):
    """A row of this key is there already, as another process wrote it."""


class ExpressionError(WarehouseError):
    """An expression fails on a row, such as a cast of text that is no number."""


class NotBuiltError(WarehouseError):
    """A feature view is not there, or not yet."""

    cause = "not_built"


class DataError(AsofError):
    """Rows or columns cannot be learned from or scored."""

    cause = "data"


class SignatureError(DataError):
    """A feature view has not the columns that a version was trained on."""

    cause = "signature"


class ChangedFeaturesError(DataError):
    """A feature no longer means what it meant when a version was trained; a check that said no."""

    cause = "changed_features"
    exit_code = 1


class FailedTestError(DataError):
    """A dbt test in the lineage of a feature failed, or has not run where that is required; a check that said no."""

    cause = "failed_test"
    exit_code = 1


class TooManyNullsError(DataError):
    """A feature has more NULLs than the model spec allows; a check that said no."""

    cause = "too_many_nulls"
    exit_code = 1


class FilesError(AsofError):
    """A file or folder beside the warehouse cannot be written."""

    cause = "files"


class CompileError(AsofError):
    """A fitted estimator has a part that SQL cannot compute."""

    cause = "compile"


class RegistryError(AsofError):
    """A version or alias is not there, or may not be used."""

    cause = "registry"


class ArtifactError(RegistryError):
    """An artifact is not what was registered, or asks for types that the project does not allow."""

    cause = "artifact"


class ClockError(AsofError):
    """An instant cannot be read, or lies in the future."""

    cause = "clock"


def listed(names: Sequence[str], most: int = 5) -> str:
    """Names in a message, the first ones where there are many: `a, b and 7 more`."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def did_you_mean(got: str, known: Iterable[str]) -> str:
    """The nearest known name as ` (did you mean 'x'?)`, else all of them as ` (known: x, y)`."""
    names = sorted(map(str, known))
    near = get_close_matches(got, names, n=1)
    if near:
        return f" (did you mean '{near[0]}'?)"
    return f" (known: {', '.join(names)})" if names else ""


# packages that asof does without until a command or a project's estimator needs them
_EXTRAS = {"xgboost": "asof[xgboost]", "optuna": "asof[tune]", "matplotlib": "asof[report]"}


def remedy(error: BaseException) -> str:
    """The command that installs a package that was missed, as `; run: ...`, where an extra of asof brings it; else nothing."""
    missed = (error.name or "").split(".")[0] if isinstance(error, ModuleNotFoundError) else ""
    return f"; run: pip install '{_EXTRAS[missed]}'" if missed in _EXTRAS else ""


def in_short(error: BaseException) -> str:
    """What another library raised, in at most 300 characters; some put whole arrays into a message."""
    text = f"{type(error).__name__}: {error}".rstrip(": ")
    return text if len(text) <= 300 else text[:299] + "…"
