"""Promotion and rollback: each an event that stays, checked before, together with the features of the version."""

import hashlib
import json
import re
from dataclasses import dataclass, replace

from asof.clock import written
from asof.errors import RegistryError
from asof.model_spec.spec import ModelSpec
from asof.project import Project, project_of
from asof.registry.aliases import alias_events, current_user, version_behind
from asof.registry.pinned import pinned_by, together, view_of
from asof.registry.readiness import Obstacle, readiness
from asof.registry.readout import require_won
from asof.registry.rollback import is_rebuilt, source_relations
from asof.registry.rollback import rebuild as build_features
from asof.registry.rows import AliasEventRow, VersionRow
from asof.registry.store import Registry, reading, writing
from asof.registry.versions import later_versions, missing_version, version_row, versions_of

_ALIAS = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")


@dataclass(frozen=True)
class AliasChange:
    """What a promotion or rollback did; nothing where both versions are the same. `built` are the tables that a rollback has built
    again, `warnings` what a person should look at.
    """

    model: str
    alias: str
    from_version: int | None
    to_version: int
    built: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def promote(
    model: str,
    version: int | None = None,
    project: Project | None = None,
    *,
    alias: str = "champion",
    reason: str | None = None,
    force: bool = False,
) -> AliasChange:
    """Puts an alias on a version, the newest registered one where none is named.

    The version must be ready to predict: its view is built and fresh, its features mean what they meant at training, and the latest
    tests of their columns pass. With `force` a version that a gate has rejected or that is not ready is taken, too, if it is
    named and there is a reason; the event says so.

    Raises RegistryError when there is no such version by now, a gate has rejected it, or the alias was moved meanwhile;
    NotBuiltError, ChangedFeaturesError or FailedTestError where it is not ready.
    """
    project = project_of(project, "promote(model, version, project)", model, version)
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
    seen = _last_event(project, model, alias)
    with writing(project) as registry:
        _refuse_moved_meanwhile(registry, model, alias, seen)
        present = project.clock.now()
        trained = versions_of(registry, model)
        versions = {row.version: row for row in trained if row.known_by <= present}
        usable = [number for number, row in versions.items() if row.status == "registered"]
        if version is None and not usable:
            known = f"by {written(present)}{later_versions(trained, present)}"
            has = "only versions that a gate rejected" if versions else f"no version yet {known}"
            raise RegistryError(f"model {model} has {has}; train one with: asof train {model}")
        chosen = max(usable) if version is None else version
        if chosen not in versions:
            raise missing_version(model, chosen, present, trained)
        forced = chosen not in usable
        if forced and not force:
            failed = [gate for gate in json.loads(versions[chosen].gates) if not gate["passed"]]
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
        ready = readiness(registry, project, version_row(registry, model, chosen, present), spec, alias)
        if ready.obstacles and not force:
            remedy = (
                f"{ready.obstacles[0].remedy}; or overrule it: asof promote {model} {chosen} --force --reason '...'"
            )
            raise replace(ready.obstacles[0], remedy=remedy).error(versions[chosen])
        forced = forced or bool(ready.obstacles)
        change = _move(project, registry, spec, alias, "promote", chosen, reason, forced=forced)
        return replace(change, warnings=tuple(ready.warnings))


def rollback(
    model: str,
    project: Project | None = None,
    *,
    alias: str = "champion",
    reason: str | None = None,
    rebuild: bool = False,
    refresh: bool = False,
) -> AliasChange:
    """Puts an alias back on the version that it was on before its present one, together with its features.

    With `rebuild` the features are built again from the SQL on record where they are no longer built: the view and what changed
    above it, up to the present, beside what dbt builds now. With `refresh` the alias stays where it is, and features that a rollback
    has built are brought up to the present.

    Raises RegistryError when there was no version before, or the alias was moved meanwhile; NotBuiltError, ChangedFeaturesError or
    FailedTestError where that version is not ready to predict, with what brings it back.
    """
    project = project_of(project, "rollback(model, project)", model)
    spec = project.model_spec(model)
    seen = _last_event(project, model, alias)
    relations = source_relations(project) if rebuild or refresh else {}
    with writing(project) as registry:
        _refuse_moved_meanwhile(registry, model, alias, seen)
        events = alias_events(registry, model, alias)
        history = _standing(events)
        if not history or (len(history) < 2 and not refresh):
            raise RegistryError(f"model {model}: '{alias}' was on no other version before; see with: asof status")
        chosen = history[-1] if refresh else history[-2]
        version = version_row(registry, model, chosen, None)
        if refresh and not is_rebuilt(registry, project, version):
            raise RegistryError(
                f"model {model}: the features of version {chosen} were not built by a rollback; dbt brings them up to the present"
            )
        built = build_features(registry, project, version, relations) if rebuild or refresh else []
        ready = readiness(registry, project, version, spec, alias)
        for obstacle in ready.obstacles:
            raise replace(obstacle, remedy=_way_back(model, alias, version, obstacle)).error(version)
        change = _move(project, registry, spec, alias, "rollback", chosen, reason)
        return replace(change, built=tuple(each.relation for each in built), warnings=tuple(ready.warnings))


def _way_back(model: str, alias: str, version: VersionRow, obstacle: Obstacle) -> str:
    """What brings the features of a version back."""
    if obstacle.check != "change":
        return obstacle.remedy
    commit = json.loads(version.environment).get("git_commit")
    by_git = f"bring back their SQL as of commit {commit}" if commit else "bring back their SQL by git"
    on_alias = "" if alias == "champion" else f" --alias {alias}"
    return (
        f"{by_git} and build it with dbt; or build it from the SQL on record: asof rollback {model}{on_alias} --rebuild"
    )


def _last_event(project: Project, model: str, alias: str) -> int | None:
    """The number of the last event of an alias, as this call sees it before it waits for the warehouse."""
    with reading(project) as registry:
        events = alias_events(registry, model, alias)
    return events[-1].event_id if events else None


def _refuse_moved_meanwhile(registry: Registry, model: str, alias: str, seen: int | None) -> None:
    """Raises RegistryError where another call has moved the alias since this one began."""
    events = alias_events(registry, model, alias)
    if events and events[-1].event_id != seen:
        last = events[-1]
        raise RegistryError(
            f"model {model}: '{alias}' was moved to version {last.to_version} by {last.actor} while this call waited; if it is still "
            f"to be moved, call it again; see with: asof status"
        )


def _standing(events: list[AliasEventRow]) -> list[int]:
    """The versions an alias has been on, without those that were rolled back; the last one is the present one."""
    history: list[int] = []
    for event in events:
        if event.action == "rollback":
            history.pop()
        elif not history or history[-1] != event.to_version:
            history.append(event.to_version)
    return history


def _move(
    project: Project,
    registry: Registry,
    spec: ModelSpec,
    alias: str,
    action: str,
    to_version: int,
    reason: str | None,
    *,
    forced: bool = False,
) -> AliasChange:
    now, model = project.clock.now(), spec.name
    events = alias_events(registry, model, alias)
    if events and events[-1].happened_at > now:
        raise RegistryError(
            f"model {model}: '{alias}' was last moved at {written(events[-1].happened_at)}, after the present "
            f"{written(now)}; set --now later, leave it out, or take another --alias"
        )
    change = AliasChange(model, alias, version_behind(registry, model, alias, now), to_version)
    if change.from_version == to_version:
        return change
    event = AliasEventRow(
        event_id=registry.next_number(AliasEventRow, "event_id"),
        model=model,
        alias=alias,
        action=action,
        from_version=change.from_version,
        to_version=to_version,
        happened_at=now,
        actor=current_user(),
        reason=reason,
        forced=forced,
        from_fingerprint=_fingerprint(registry, model, change.from_version),
        to_fingerprint=_fingerprint(registry, model, to_version),
        feature_view=view_of(registry, version_row(registry, model, to_version, None), project),
        threshold=spec.threshold,
        policy_sha256=_policy_hash(project, spec),
    )
    registry.append([event])
    return change


def _fingerprint(registry: Registry, model: str, version: int | None) -> str | None:
    """One fingerprint of all features of a version; None for none, and for one without pins."""
    pins = pinned_by(registry, version_row(registry, model, version, None)) if version is not None else None
    return together(pins.fingerprints) if pins else None


def _policy_hash(project: Project, spec: ModelSpec) -> str | None:
    policy = spec.inference.policy
    return hashlib.sha256((project.root / policy.split(":")[0]).read_bytes()).hexdigest() if policy else None
