"""Ends the command at the second Ctrl-C where Python cannot act on the first, as while DuckDB waits for an estimator."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_PATIENCE = 3.0  # seconds
_ASKED = b"Interrupting, but the running code does not respond. Press Ctrl-C again to end the process; nothing unfinished is written.\n"
_ENDED = b"Interrupted: what was not finished was not written.\n"


@contextmanager
def ending_at_the_second_interrupt() -> Iterator[None]:
    """Leaves the first Ctrl-C to Python. If the block does not end within seconds, the second one ends the process with 130; an open
    transaction is then rolled back.
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
    """Detaches a forked child: a terminal sends it the same Ctrl-C, which must not count twice in the parent."""
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
