"""Ctrl-C while something hangs that Python cannot interrupt, such as an estimator that DuckDB waits for."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_PATIENCE = 3.0  # seconds
_ASKED = (
    b"Interrupting; what runs does not listen. Press Ctrl-C again to end it: what is not finished is not written.\n"
)
_ENDED = b"Interrupted: what was not finished was not written.\n"


@contextmanager
def ending_at_the_second_interrupt() -> Iterator[None]:
    """The first Ctrl-C is Python's own. Where it comes to nothing, the second one ends the process with 130, and a transaction that
    is open comes to nothing with it.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    before = signal.set_wakeup_fd(writing)  # written to at once, also while Python itself is kept waiting
    os.register_at_fork(after_in_child=_forget)
    over = threading.Event()
    threading.Thread(target=_watch, args=(reading, over), daemon=True).start()
    try:
        yield
    finally:
        over.set()
        signal.set_wakeup_fd(before)
        os.close(writing)


def _forget() -> None:
    """A child that was forked gets the same Ctrl-C, and would write of it to its parent."""
    with suppress(ValueError):
        signal.set_wakeup_fd(-1)


def _watch(reading: int, over: threading.Event) -> None:
    interrupts = 0
    with os.fdopen(reading, "rb", buffering=0) as signals:
        while number := signals.read(1):
            if number[0] != signal.SIGINT:
                continue
            interrupts += 1
            if over.wait(_PATIENCE):
                return
            os.write(2, _ASKED if interrupts == 1 else _ENDED)
            if interrupts > 1:
                os._exit(130)
