"""How long steps tell that they go on: the library is silent, the command line passes a listener that draws bars."""

from typing import Protocol


class Progress(Protocol):
    """Is told when a step begins, of how many parts where that is known, and when a part is done.

    A step lasts until the next one, or the end. `note` is a word on how things stand.
    """

    def step(self, description: str, total: int | None = None) -> None: ...

    def advance(self, note: str = "") -> None: ...


class Silent:
    """Says nothing."""

    def step(self, description: str, total: int | None = None) -> None:
        pass

    def advance(self, note: str = "") -> None:
        pass
