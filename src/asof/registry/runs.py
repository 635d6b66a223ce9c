"""A run of training or of inference: its identity, its time, and what is known of it while it goes on."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Any, Generic, Self, TypeVar

from asof.clock import Clock
from asof.errors import AsofError, in_short
from asof.registry.rows import Row

R = TypeVar("R", bound=Row)


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


@dataclass(frozen=True)
class Attempt(Generic[R]):
    """A run as it is known so far. `row` is its class of row in the registry, `facts` are columns of that row.

    An attempt does not change; `knowing` returns another one of the same run.

    Example: `Attempt(PredictionRunRow, Run("big", clock)).knowing(alias="champion").ended("failed", error)`.
    """

    row: type[R]
    run: Run
    facts: Mapping[str, Any] = field(default_factory=dict)

    def knowing(self, **facts: object) -> Self:
        return replace(self, facts={**self.facts, **facts})

    def ended(self, status: str, error: BaseException | None = None, **facts: object) -> R:
        """The row of the run if it ends now."""
        return self.row(**self.run.columns(status, error), **{**self.facts, **facts})


@dataclass
class Journal(Generic[R]):
    """The attempt as it is known by now, for the row that a failure leaves."""

    attempt: Attempt[R]

    def note(self, **facts: object) -> None:
        self.attempt = self.attempt.knowing(**facts)


def cause_of(error: BaseException) -> str:
    """One word for what went wrong."""
    if isinstance(error, AsofError):
        return error.cause
    return "interrupted" if isinstance(error, KeyboardInterrupt) else "unexpected"


def _words(error: BaseException) -> str:
    return str(error) if isinstance(error, AsofError) else in_short(error)
