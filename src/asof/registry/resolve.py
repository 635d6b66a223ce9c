"""Which version a number or an alias means."""

from datetime import datetime

from asof.registry.aliases import require_version
from asof.registry.store import Registry
from asof.registry.versions import version_row


def resolve(registry: Registry, model: str, which: int | str, now: datetime) -> int:
    """The number of a version, which is given by its number or by an alias that is on it at `now`.

    Raises RegistryError where there is no such version by now, or the alias is free.
    """
    if isinstance(which, int) or which.isdecimal():
        return version_row(registry, model, int(which), now).version
    return require_version(registry, model, which, now)
