"""The rows of model versions, and the one message for a version that is not there."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from pydantic import ValidationError

from asof.clock import written
from asof.errors import RegistryError
from asof.model_spec.spec import ModelSpec
from asof.registry.rows import FeatureRow, VersionRow
from asof.registry.store import Registry

if TYPE_CHECKING:
    from asof.features.signature import FeatureSchema

_LISTED = ("artifact",)  # is not read where rows are listed


def next_version(registry: Registry, model: str) -> int:
    """The number of a model's next version."""
    return registry.next_number(VersionRow, "version", model)


def add_version(registry: Registry, version: VersionRow, features: Sequence[FeatureRow]) -> None:
    """Registers a version with the columns that it was trained on."""
    registry.append([version])
    registry.append(features)


def versions_of(registry: Registry, model: str) -> list[VersionRow]:
    """The versions of a model, the oldest first, without their artifacts."""
    return registry.select(VersionRow, "model = ?", [model], order_by="version", without=_LISTED)


def all_versions(registry: Registry) -> list[VersionRow]:
    """The versions of every model, the newest of each first, without their artifacts."""
    return registry.select(VersionRow, order_by="model, version desc", without=_LISTED)


def features_of(registry: Registry, model: str, version: int) -> list[FeatureRow]:
    """The columns that a version was trained on, the most important first."""
    of_version = ("model = ? and version = ?", [model, version])
    return registry.select(FeatureRow, *of_version, order_by="importance desc")


def version_row(
    registry: Registry, model: str, version: int, now: datetime | None, *, artifact: bool = False
) -> VersionRow:
    """A version by its number. Raises RegistryError where there is none at `now`: a version is there from its cut-off on.
    Without `now` it is there at any time.
    """
    of_version = ("model = ? and version = ?", [model, version])
    found = registry.select(VersionRow, *of_version, without=() if artifact else _LISTED)
    if not found or (now is not None and found[0].known_by > now):
        raise missing_version(model, version, now, found)
    return found[0]


def missing_version(
    model: str, version: int, now: datetime | None, versions: Sequence[VersionRow] = ()
) -> RegistryError:
    """The error for a version that is not there by now. `versions` are those of the model, with later ones."""
    by = f" by {written(now)}{later_versions(versions, now)}" if now else ""
    return RegistryError(f"model {model} has no version {version}{by}; see which it has with: asof status")


def later_versions(versions: Sequence[VersionRow], now: datetime) -> str:
    """A remark on the first version with a cut-off after `now`, or nothing."""
    later = sorted((version for version in versions if version.known_by > now), key=lambda version: version.version)
    if not later:
        return ""
    first = later[0]
    return f" (version {first.version} is of what was known by {written(first.known_by)}; set --now later)"


def read_signature(row: VersionRow) -> "FeatureSchema":
    """The columns that a version takes, from its row."""
    from asof.features.signature import Feature, FeatureSchema  # noqa: PLC0415  # brings pandas, which few need

    return FeatureSchema(tuple(Feature(**column) for column in json.loads(row.signature)))


def recorded_spec(version: VersionRow) -> ModelSpec:
    """The spec that a version was trained with. Raises RegistryError when it is none by today's rules."""
    try:
        return ModelSpec.model_validate_json(version.spec)
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, each['loc']))} {each['msg']}".strip() for each in error.errors())
        raise RegistryError(
            f"{version.title} has a spec of an asof with other rules ({problems}); train again, or use the asof that trained it"
        ) from None
