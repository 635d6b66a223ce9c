"""What a training run pins of the features that it reads."""

import logging
from collections.abc import Sequence

from asof.features.fingerprints.compiled import name_of
from asof.features.pins import Pins, pins_of, read_built_from
from asof.features.view import FeatureView
from asof.project import Project
from asof.registry.store import Registry

log = logging.getLogger("asof")


def pins_of_training(project: Project, registry: Registry, view: FeatureView, columns: Sequence[str]) -> Pins | None:
    """What the view's columns mean by its last build; None where no build of it is on record.

    Warns where the build is on record and its SQL is not. Raises NotBuiltError where it was built from SQL of two meanings.
    """
    if view.build is None:
        return None
    built = read_built_from(registry.warehouse, registry.schema, project.target, view.meta)
    from asof.features.lineage.query import dialect_of  # noqa: PLC0415  # brings sqlglot

    pins = pins_of(built, view.meta, columns, dialect_of(project.target.adapter))
    if pins.unknown:
        log.warning(
            "feature view %s: the full SQL of %s is not on record, so that this version cannot be refused when its features change; "
            "before training run: %s --full-refresh",
            view.name,
            ", ".join(map(name_of, pins.unknown)),
            view.meta.build_command,
        )
        return None
    if pins.by_text:
        log.warning(
            "feature view %s: the SQL of %s cannot be followed, so that any change of it counts as a change of meaning",
            view.name,
            ", ".join(pins.by_text),
        )
    return pins
