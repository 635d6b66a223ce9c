"""Aliases: promotion and rollback, each an event that stays; the alias is what the last event says."""

import getpass
from dataclasses import dataclass
from typing import Any

from asof.errors import RegistryError
from asof.registry.store import Registry
from asof.spec.project import Project


@dataclass(frozen=True)
class AliasChange:
    """What a promotion or rollback did."""

    model: str
    alias: str
    from_version: int | None
    to_version: int


def version_behind(registry: Registry, model: str, alias: str) -> int | None:
    """The number of the version behind an alias now, None where the alias is free."""
    found = registry.rows("aliases", "model = ? and alias = ?", [model, alias])
    return found[0]["version"] if found else None


def promote(
    project: Project, model: str, version: int | None = None, *, alias: str = "champion", reason: str | None = None
) -> AliasChange:
    """Puts an alias on a version, the newest registered one where none is named.

    Raises RegistryError when there is no such version, or a gate has rejected it.
    """
    project.model_spec(model)
    with project.warehouse() as warehouse, warehouse.transaction():
        registry = Registry(project, warehouse)
        versions = {row["version"]: row["status"] for row in registry.rows("model_versions", "model = ?", [model])}
        usable = [number for number, status in versions.items() if status == "registered"]
        if version is None and not usable:
            has = "only versions that a gate rejected" if versions else "no version yet"
            raise RegistryError(f"model {model} has {has}; train one with: asof train {model}")
        chosen = max(usable) if version is None else version
        if chosen not in versions:
            raise RegistryError(f"model {model} has no version {chosen}; see which it has with: asof status")
        if chosen not in usable:
            raise RegistryError(
                f"model {model} version {chosen} was rejected by a gate; see why in {registry.schema}.model_versions.gates"
            )
        return _move(project, registry, model, alias, "promote", chosen, reason)


def rollback(project: Project, model: str, *, alias: str = "champion", reason: str | None = None) -> AliasChange:
    """Puts an alias back on the version that it was on before its present one.

    Raises RegistryError when there was none.
    """
    project.model_spec(model)
    with project.warehouse() as warehouse, warehouse.transaction():
        registry = Registry(project, warehouse)
        events = registry.rows("alias_events", "model = ? and alias = ?", [model, alias], order_by="event_id")
        history = _standing(events)
        if len(history) < 2:
            raise RegistryError(f"model {model}: '{alias}' was on no other version before; see with: asof status")
        return _move(project, registry, model, alias, "rollback", history[-2], reason)


def _standing(events: list[dict[str, Any]]) -> list[int]:
    """The versions an alias has been on, without those that were rolled back; the last one is the present one."""
    history: list[int] = []
    for event in events:
        if event["action"] == "rollback":
            history.pop()
        elif not history or history[-1] != event["to_version"]:
            history.append(event["to_version"])
    return history


def _move(
    project: Project, registry: Registry, model: str, alias: str, action: str, to_version: int, reason: str | None
) -> AliasChange:
    change = AliasChange(model, alias, version_behind(registry, model, alias), to_version)
    registry.append(
        "alias_events",
        [
            {
                "event_id": registry.next_number("alias_events", "event_id"),
                "model": model,
                "alias": alias,
                "action": action,
                "from_version": change.from_version,
                "to_version": to_version,
                "happened_at": project.clock.now(),
                "actor": getpass.getuser(),
                "reason": reason,
            }
        ],
    )
    return change
