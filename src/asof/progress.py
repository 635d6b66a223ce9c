"""How long steps tell that they go on: the library is silent, the command line passes a listener that draws bars."""

from typing import Protocol


class Progress(Protocol):
    """Is told when a step begins; a step lasts until the next one, or the end."""

    def step(self, description: str) -> None: ...


class Silent:
    """Says nothing."""

    def step(self, description: str) -> None:
        pass
