"""Aliases: promotion and rollback, each an event that stays; the alias is what the last event by now says."""

import getpass
import json
import os
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asof.errors import RegistryError
from asof.project import Project
from asof.registry.experiments import require_won
from asof.registry.store import Registry

_VERSION = ("version", "status", "gates", "known_by")
_ALIAS = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
_EVENT = ("alias", "action", "from_version", "to_version", "happened_at")


@dataclass(frozen=True)
class AliasChange:
    """What a promotion or rollback did; nothing where both versions are the same."""

    model: str
    alias: str
    from_version: int | None
    to_version: int


def version_behind(registry: Registry, model: str, alias: str, now: datetime) -> int | None:
    """The number of the version that was behind an alias at a moment, None where the alias was free."""
    return aliases_at(registry, now).get((model, alias))


def aliases_at(registry: Registry, now: datetime) -> dict[tuple[str, str], int]:
    """The version behind each (model, alias) at a moment: what the last event by then says."""
    columns = ("model", "alias", "to_version")
    events = registry.rows("alias_events", "happened_at <= ?", [now], columns=columns, order_by="event_id")
    return {(event["model"], event["alias"]): event["to_version"] for event in events}


def require_version(registry: Registry, model: str, alias: str, now: datetime) -> int:
    """As `version_behind`. Raises RegistryError where the alias was free."""
    version = version_behind(registry, model, alias, now)
    if version is not None:
        return version
    later = _events(registry, model, alias)
    told = f" (it has one since {_minute(later[0]['happened_at'])}; set --now later, or leave it out)" if later else ""
    raise RegistryError(
        f"model {model} has no '{alias}' by {_minute(now)}{told}; "
        f"promote a version with: asof promote {model} --alias {alias}"
    )


def promote(
    project: Project,
    model: str,
    version: int | None = None,
    *,
    alias: str = "champion",
    reason: str | None = None,
    force: bool = False,
) -> AliasChange:
    """Puts an alias on a version, the newest registered one where none is named.

    With `force` a version that a gate has rejected is taken, too, if it is named and there is a reason; the event says so.

    Raises RegistryError when there is no such version by now, or a gate has rejected it.
    """
    spec = project.model_spec(model)
    if not _ALIAS.fullmatch(alias):
        raise RegistryError(
            f"model {model}: {alias!r} cannot be an alias; use letters, digits, - and _, up to 64, and a letter first"
        )
    if force and (version is None or not (reason or "").strip()):
        raise RegistryError(
            f"model {model}: what is forced is named, and its reason is kept: "
            f"asof promote {model} VERSION --force --reason 'why the gates may be passed over'"
        )
    with project.warehouse() as warehouse, warehouse.transaction():
        registry = Registry(project, warehouse)
        registry.create()
        present = project.clock.now()
        trained = {
            row["version"]: row for row in registry.rows("model_versions", "model = ?", [model], columns=_VERSION)
        }
        versions = {number: row for number, row in trained.items() if row["known_by"] <= present}
        usable = [number for number, row in versions.items() if row["status"] == "registered"]
        known = f"by {_minute(present)}{_later(trained, present)}"
        if version is None and not usable:
            has = "only versions that a gate rejected" if versions else f"no version yet {known}"
            raise RegistryError(f"model {model} has {has}; train one with: asof train {model}")
        chosen = max(usable) if version is None else version
        if chosen not in versions:
            raise RegistryError(f"model {model} has no version {chosen} {known}; see which it has with: asof status")
        forced = chosen not in usable
        if forced and not force:
            failed = [gate for gate in json.loads(versions[chosen]["gates"]) if not gate["passed"]]
            reasons = "; ".join(f"{gate['gate']}: {gate['detail']}" for gate in failed)
            raise RegistryError(
                f"model {model} version {chosen} was rejected by a gate ({reasons}); "
                f"mend the model or its gates, then: asof train {model}; or overrule them: "
                f"asof promote {model} {chosen} --force --reason '...'"
            )
        if alias == "champion" and spec.experiment is not None and spec.experiment.required:
            before = version_behind(registry, model, alias, present)
            if before is not None and before != chosen:
                if not force:
                    require_won(project, registry, model, chosen, before)
                forced = force
        return _move(project, registry, model, alias, "promote", chosen, reason, forced=forced)


def rollback(project: Project, model: str, *, alias: str = "champion", reason: str | None = None) -> AliasChange:
    """Puts an alias back on the version that it was on before its present one.

    Raises RegistryError when there was none.
    """
    project.model_spec(model)
    with project.warehouse() as warehouse, warehouse.transaction():
        registry = Registry(project, warehouse)
        registry.create()
        history = _standing(_events(registry, model, alias))
        if len(history) < 2:
            raise RegistryError(f"model {model}: '{alias}' was on no other version before; see with: asof status")
        return _move(project, registry, model, alias, "rollback", history[-2], reason)


def _events(registry: Registry, model: str, alias: str) -> list[dict[str, Any]]:
    of_alias = "model = ? and alias = ?"
    return registry.rows("alias_events", of_alias, [model, alias], columns=_EVENT, order_by="event_id")


def _later(versions: dict[int, dict[str, Any]], present: datetime) -> str:
    """A word on versions that a clock at `present` cannot know of, if there are any."""
    later = {number: row["known_by"] for number, row in versions.items() if row["known_by"] > present}
    if not later:
        return ""
    first = min(later)
    return f" (version {first} is of what was known by {_minute(later[first])}; set --now later)"


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
    project: Project,
    registry: Registry,
    model: str,
    alias: str,
    action: str,
    to_version: int,
    reason: str | None,
    *,
    forced: bool = False,
) -> AliasChange:
    now = project.clock.now()
    events = _events(registry, model, alias)
    if events and events[-1]["happened_at"] > now:
        raise RegistryError(
            f"model {model}: '{alias}' was last moved at {_minute(events[-1]['happened_at'])}, after the present "
            f"{_minute(now)}; set --now later, leave it out, or take another --alias"
        )
    change = AliasChange(model, alias, version_behind(registry, model, alias, now), to_version)
    if change.from_version == to_version:
        return change
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
                "happened_at": now,
                "actor": _user(),
                "reason": reason,
                "forced": forced,
            }
        ],
    )
    return change


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # A container's user often has a number and no name.
        return str(os.getuid())
