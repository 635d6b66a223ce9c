"""What a version pinned of its features when it was trained, held against what the warehouse has now."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from asof.dbt_files.graph import name_and_version
from asof.errors import NotBuiltError, listed
from asof.features.builds import Build
from asof.features.fingerprints.compiled import ModelSQL, name_of
from asof.features.pins import Pins, pins_of
from asof.features.record import BuiltFrom, Record, compiled_in, read_record
from asof.features.view_meta import ViewMeta
from asof.project import Project
from asof.registry.rows import VersionRow
from asof.registry.store import Registry
from asof.registry.versions import features_of


def pinned_by(registry: Registry, version: VersionRow) -> Pins | None:
    """What a version pinned; None for one of an older asof, or trained on a view whose SQL was not on record."""
    if version.built_from is None:
        return None
    features = sorted(features_of(registry, version.model, version.version), key=lambda each: each.position)
    fingerprints = {each.feature: each.fingerprint for each in features if each.fingerprint is not None}
    if len(fingerprints) < len(features):
        return None
    return Pins(json.loads(version.built_from), fingerprints)


def meaning_at_training(registry: Registry, version: VersionRow, pins: Pins, project: Project) -> Mapping[str, str]:
    """The fingerprints of a version's features and of its label, worked out again from the SQL that it was trained on, so that an asof
    with another canonical form compares like with like. Where that SQL is not on record, those that were kept.
    """
    from asof.features.fingerprints.view_meaning import view_meaning  # noqa: PLC0415  # brings sqlglot
    from asof.features.lineage.query import dialect_of  # noqa: PLC0415

    texts = texts_of(registry, pins.built_from)
    if version.view_model is None or set(texts) != set(pins.built_from):
        label = {version.label: version.label_fingerprint} if version.label_fingerprint else {}
        return {**pins.fingerprints, **label}
    columns = [*pins.fingerprints, version.label]
    return view_meaning(texts, version.view_model, columns, dialect_of(project.target.adapter)).fingerprints


def together(fingerprints: Mapping[str, str]) -> str | None:
    """One fingerprint of several columns; None without any."""
    text = "\n".join(f"{name} {value}" for name, value in sorted(fingerprints.items()))
    return hashlib.sha256(text.encode()).hexdigest() if fingerprints else None


@dataclass(frozen=True)
class ChangedFeatures:
    """The features of a version that mean something else by now, and the dbt models whose SQL differs."""

    features: tuple[str, ...]
    models: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.features)

    @property
    def message(self) -> str:
        """Which features changed, and in which models the change began."""
        return (
            f"{listed(self.features)} no longer mean what they meant at training, since the SQL of "
            f"{', '.join(self.models)} changed"
        )


def changed_features(
    registry: Registry, version: VersionRow, view: ViewMeta, built: BuiltFrom, project: Project
) -> ChangedFeatures:
    """Which features of a version no longer mean what they meant when it was trained, by the SQL that the view was built from.

    Returns no features for a version without pins. Raises NotBuiltError where the SQL of the build is not on record, or parts of
    the view were built from SQL of two meanings.
    """
    pinned = pinned_by(registry, version)
    if pinned is None:
        return ChangedFeatures((), ())
    if built.hashes == pinned.built_from and not built.unknown and not built.others:
        return ChangedFeatures((), ())
    if built.unknown:
        names = ", ".join(map(name_of, built.unknown))
        raise NotBuiltError(
            f"feature view {view.name}: the SQL of {names} is not on record, so that it cannot be told whether its columns still "
            f"mean the same; build them in full: {view.build_command} --full-refresh"
        )
    from asof.features.fingerprints.view_meaning import where_it_began  # noqa: PLC0415  # brings sqlglot
    from asof.features.lineage.query import dialect_of  # noqa: PLC0415

    dialect = dialect_of(project.target.adapter)
    now = pins_of(built, view, pinned.fingerprints, dialect)
    was = meaning_at_training(registry, version, pinned, project)
    changed = tuple(name for name in pinned.fingerprints if now.fingerprints[name] != was[name])
    if not changed:
        return ChangedFeatures((), ())
    before = texts_of(registry, pinned.built_from)
    return ChangedFeatures(changed, tuple(map(name_of, where_it_began(before, built.models, dialect))))


def texts_of(registry: Registry, hashes: Mapping[str, str]) -> dict[str, ModelSQL]:
    """The texts of models by their hashes, as far as they are on record."""
    texts = compiled_in(registry.warehouse, registry.schema)
    return {model: texts[model, sha256] for model, sha256 in hashes.items() if (model, sha256) in texts}


def view_of(registry: Registry, version: VersionRow, project: Project) -> str:
    """The feature view that a version reads, as dbt selects it. Of the view that it was trained on and the versions of it, built by dbt
    or by a rollback, it is the first in which its features mean what they meant (see `Record.names`), else the one it was trained on.
    """
    named = version.feature_view
    if pinned_by(registry, version) is None:
        return named
    record = read_record(registry.warehouse, registry.schema, project.target)
    names = record.names(name_and_version(named)[0])
    if names in ([], [named]):
        return named
    return next((name for name in names if _means_the_same(registry, version, name, project, record)), named)


def with_refresh(meta: ViewMeta, build: Build | None, model: str, alias: str) -> ViewMeta:
    """A view with the command that brings it up to the present, where a rollback of an alias has built it and dbt does not know it."""
    if build is None or not build.is_rebuilt:
        return meta
    on_alias = "" if alias == "champion" else f" --alias {alias}"
    return replace(meta, build_command=f"asof rollback {model}{on_alias} --refresh")


def _means_the_same(registry: Registry, version: VersionRow, name: str, project: Project, record: Record) -> bool:
    try:
        meta, _ = project.view_build(registry.warehouse, name)
        return not changed_features(registry, version, meta, record.built_from(meta.id), project)
    except NotBuiltError:
        return False
