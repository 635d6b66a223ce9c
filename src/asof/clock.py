"""The clock: the present as every pipeline sees it, which is the wall clock or an instant that was set."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from asof.errors import ClockError

_EARLIEST, _LATEST = 1900, 2199


def parse_instant(text: str) -> datetime:
    """An instant in UTC from ISO 8601 text; without a zone it is read as UTC, as in the dbt var `asof_now`.

    Raises ClockError when the text is not an instant.
    """
    try:
        instant = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ClockError(f"'{text}' is not an instant; write for example 2013-11-01T06:00:00Z") from None
    if not _EARLIEST <= instant.year <= _LATEST:
        raise ClockError(f"'{text}' is not between the years {_EARLIEST} and {_LATEST}")
    return as_utc(instant)


def as_utc(instant: datetime) -> datetime:
    """The same instant in UTC; without a zone it is read as UTC."""
    return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).astimezone(UTC)


@dataclass(frozen=True)
class Clock:
    """The wall clock, or one that stands at `fixed` (as `asof_now` does in dbt)."""

    fixed: datetime | None = None

    def now(self) -> datetime:
        """The present, in UTC."""
        return self.fixed or datetime.now(UTC)

    def started(self, seconds: float) -> datetime:
        """When something started that took `seconds` and ends now."""
        return self.fixed or datetime.now(UTC) - timedelta(seconds=seconds)

    def ended(self, seconds: float) -> datetime:
        """When something ended that took `seconds`: a clock that stands is moved on by as much."""
        return self.fixed + timedelta(seconds=seconds) if self.fixed else datetime.now(UTC)
