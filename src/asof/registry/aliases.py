"""Aliases: what the last promotion or rollback by a moment says. `moving.py` moves them."""

import getpass
import os
from datetime import datetime

from asof.clock import written
from asof.errors import RegistryError
from asof.registry.rows import AliasEventRow
from asof.registry.store import Registry


def version_behind(registry: Registry, model: str, alias: str, now: datetime) -> int | None:
    """The number of the version that was behind an alias at a moment, None where the alias was free."""
    return aliases_at(registry, now).get((model, alias))


def aliases_at(registry: Registry, now: datetime) -> dict[tuple[str, str], int]:
    """The version behind each (model, alias) at a moment: what the last event by then says."""
    events = registry.select(AliasEventRow, "happened_at <= ?", [now], order_by="event_id")
    return {(event.model, event.alias): event.to_version for event in events}


def events_of(registry: Registry, model: str, version: int, now: datetime) -> list[AliasEventRow]:
    """The promotions and rollbacks by now that put an alias on a version, or took it away."""
    of_version = "model = ? and (to_version = ? or from_version = ?) and happened_at <= ?"
    return registry.select(AliasEventRow, of_version, [model, version, version, now], order_by="event_id")


def ever_promoted(registry: Registry) -> set[tuple[str, int]]:
    """The model and version of every version that an alias has ever been on."""
    return {(event.model, event.to_version) for event in registry.select(AliasEventRow)}


def require_version(registry: Registry, model: str, alias: str, now: datetime) -> int:
    """As `version_behind`. Raises RegistryError where the alias was free."""
    version = version_behind(registry, model, alias, now)
    if version is not None:
        return version
    later = alias_events(registry, model, alias)
    since = f" (it has one since {written(later[0].happened_at)}; set --now later, or leave it out)" if later else ""
    raise RegistryError(
        f"model {model} has no '{alias}' by {written(now)}{since}; "
        f"promote a version with: asof promote {model} --alias {alias}"
    )


def alias_events(registry: Registry, model: str, alias: str) -> list[AliasEventRow]:
    return registry.select(AliasEventRow, "model = ? and alias = ?", [model, alias], order_by="event_id")


def current_user() -> str:
    """Who acts, for events."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # A container's user often has a number and no name.
        return str(os.getuid())
