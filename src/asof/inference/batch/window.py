"""The window of a prediction run: from when to when, in which parts, and whether the view was built for it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from asof.clock import as_utc, written
from asof.durations import write_duration
from asof.errors import ClockError, NotBuiltError
from asof.features.view import FeatureView
from asof.model_spec.spec import ModelSpec
from asof.project import Project


@dataclass(frozen=True)
class Window:
    """Moments in (start, end]; `ends_now` where no end was asked for."""

    start: datetime
    end: datetime
    ends_now: bool

    @classmethod
    def of(cls, project: Project, spec: ModelSpec, start: datetime | None, end: datetime | None) -> "Window":
        """What is given, else as long as the spec says and up to the present. Raises ClockError."""
        present = project.clock.now()
        until = as_utc(end) if end else present
        if until > present:
            raise ClockError(
                f"the window ends at {written(until)}, after the present {written(present)}; set --now later"
            )
        begin = as_utc(start) if start else until - spec.inference.window
        if begin >= until:
            raise ClockError(f"the window begins at {written(begin)}, not before its end {written(until)}")
        return cls(begin, until, ends_now=end is None)

    def parts(self, length: timedelta, oldest: datetime | None) -> Iterator["Window"]:
        """The window in parts of a length, counted from its start, without the parts before the oldest row. A window without a row
        is one part.
        """
        if oldest is None:
            yield self
            return
        start = self.start + max((oldest - self.start) // length - 1, 0) * length
        while start < self.end:
            end = min(start + length, self.end)
            yield Window(start, end, ends_now=False)
            start = end


def require_build(view: FeatureView, window: Window, oldest: timedelta) -> datetime | None:
    """Up to which moment the view was built; None where no build of it is on record.

    Raises NotBuiltError when that is before the end that was asked for, or longer than `oldest` before the present.
    """
    if view.build is None:
        return None
    built = view.build.built_up_to
    if built < window.end - (oldest if window.ends_now else timedelta(0)):
        allowed = f", more than {write_duration(oldest)} before" if window.ends_now else ", before"
        key = " (inference.max_build_age)" if window.ends_now else ""
        raise NotBuiltError(
            f"feature view {view.name}: it was last built up to {written(built)}{allowed} the window's end "
            f"{written(window.end)}{key}; run: {view.meta.build_command}"
        )
    return built
