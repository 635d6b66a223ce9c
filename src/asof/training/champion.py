"""The champion as a rival: a candidate is measured beside it on the same rows, wherever that can be done."""

import logging
from datetime import datetime

from asof.clock import written
from asof.errors import AsofError, RegistryError
from asof.features.view import FeatureView
from asof.model_spec.spec import ModelSpec
from asof.project import Project
from asof.registry.aliases import version_behind
from asof.registry.model_version import ModelVersion, load_version
from asof.registry.store import Registry

log = logging.getLogger("asof")


def find_champion(
    project: Project, registry: Registry, spec: ModelSpec, view: FeatureView, test_start: datetime
) -> ModelVersion | None:
    """The version behind `champion` by now, None where there is none.

    Where it cannot be measured on the rows from `test_start` on, or has been fitted on some of them, that is an AsofError if
    a gate compares with it, else a warning.
    """
    version = version_behind(registry, spec.name, "champion", project.clock.now())
    if version is None:
        return None
    demanded = any(gate.versus == "champion" for gate in spec.gates)
    which = f"champion {spec.name} version {version}" + (", which a gate compares with" if demanded else "")
    try:
        champion = load_version(registry, spec.name, version, project)
        if (champion.problem, champion.label) != (spec.problem, spec.label):
            raise RegistryError(
                f"{which}, is a {champion.problem} model of {champion.label}; "
                f"this spec is a {spec.problem} model of {spec.label}: give it another name"
            )
        champion.signature.check(view.table.schema().items(), which)
        if champion.seen_until > test_start:
            raise RegistryError(
                f"{which}, was fitted or chosen on rows up to {written(champion.seen_until)}, and the test split "
                f"begins at {written(test_start)}: it would be asked what it has learned; train at a later moment, or "
                "with a shorter test split"
            )
    except AsofError as error:
        if demanded:
            raise
        log.warning("the candidate is not compared with the champion: %s", error)
        return None
    return champion
