"""A run of training or of inference: its identity, its time, and the columns that every run's row has."""

import uuid
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from asof.clock import Clock
from asof.errors import AsofError, in_short


@dataclass(frozen=True)
class Run:
    """One execution, from its beginning on; `run_id` is on every row that it writes."""

    model: str
    clock: Clock
    run_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    began: float = field(default_factory=monotonic)

    def columns(self, status: str, error: BaseException | None = None) -> dict[str, Any]:
        """What a row of `training_runs` or `prediction_runs` says of the run if it ends now."""
        seconds = monotonic() - self.began
        return {
            "run_id": self.run_id,
            "model": self.model,
            "status": status,
            "started_at": self.clock.started(seconds),
            "finished_at": self.clock.ended(seconds),
            "seconds": seconds,
            "asof_now": self.clock.fixed,
            "error": None if error is None else _words(error),
        }


def cause_of(error: BaseException) -> str:
    """One word for what went wrong."""
    if isinstance(error, AsofError):
        return error.cause
    return "interrupted" if isinstance(error, KeyboardInterrupt) else "unexpected"


def _words(error: BaseException) -> str:
    return str(error) if isinstance(error, AsofError) else in_short(error)
