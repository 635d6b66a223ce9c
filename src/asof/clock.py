"""The clock: the present as every pipeline sees it, which is the wall clock or an instant that was set."""

import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from asof.errors import ClockError

VARIABLE = "ASOF_NOW"  # of the environment
# The forms that the dbt package reads too (`macros/time/now.sql`)
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:?\d{2})?)?")
_EARLIEST, _LATEST = 1900, 2199


def parse_instant(text: str) -> datetime:
    """An instant in UTC from ISO 8601 text; without a zone it is read as UTC, as in dbt.

    Raises ClockError when the text is not an instant.
    """
    try:
        if not _INSTANT.fullmatch(text.strip()):
            raise ValueError  # noqa: TRY301
        instant = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ClockError(f"'{text}' is not an instant; write for example 2013-11-01T06:00:00Z") from None
    if not _EARLIEST <= instant.year <= _LATEST:
        raise ClockError(f"'{text}' is not between the years {_EARLIEST} and {_LATEST}")
    return as_utc(instant)


def as_utc(instant: datetime) -> datetime:
    """The same instant in UTC; without a zone it is read as UTC."""
    return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).astimezone(UTC)


def written(moment: datetime) -> str:
    """An instant in a message: `2013-11-01 06:00 UTC`, with seconds where there are any."""
    at = as_utc(moment)
    precision = "seconds" if at.second or at.microsecond else "minutes"
    return f"{at.replace(tzinfo=None, microsecond=0).isoformat(' ', precision)} UTC"


@dataclass(frozen=True)
class Clock:
    """The wall clock, or one that stands at `fixed` (as `ASOF_NOW` makes dbt's stand)."""

    fixed: datetime | None = None

    @classmethod
    def read(cls, option: str | None, dbt_var: object) -> Self:
        """The clock of a call: its option `--now`, else ASOF_NOW or the dbt var `asof_now` of the project's own file.

        Raises ClockError when one of them is not an instant, or when there is no option and the two differ.
        """
        if option is not None:
            return cls(parse_instant(option))
        environment = os.environ.get(VARIABLE, "").strip()
        by_environment = parse_instant(environment) if environment else None
        by_var = None if dbt_var is None else parse_instant(str(dbt_var))
        if by_environment and by_var and by_environment != by_var:
            raise ClockError(
                f"the environment variable {VARIABLE} is {written(by_environment)} and the var asof_now in "
                f"dbt_project.yml is {written(by_var)}; remove one of them, or give --now"
            )
        return cls(by_environment or by_var)

    def now(self) -> datetime:
        """The present, in UTC."""
        return self.fixed or datetime.now(UTC)

    def started(self, seconds: float) -> datetime:
        """When something started that took `seconds` and ends now."""
        return self.fixed or datetime.now(UTC) - timedelta(seconds=seconds)

    def ended(self, seconds: float) -> datetime:
        """When something ended that took `seconds`: a clock that stands is moved on by as much."""
        return self.fixed + timedelta(seconds=seconds) if self.fixed else datetime.now(UTC)
