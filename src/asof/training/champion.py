"""The champion as a rival: a candidate is measured beside it on the same rows, wherever that can be done."""

import logging

from asof.errors import AsofError, RegistryError
from asof.registry.aliases import version_behind
from asof.registry.store import Registry
from asof.registry.versions import ModelVersion, load_version
from asof.spec.model_spec import ModelSpec
from asof.spec.project import Project
from asof.warehouse.feature_view import FeatureView

log = logging.getLogger("asof")


def find_champion(project: Project, registry: Registry, spec: ModelSpec, view: FeatureView) -> ModelVersion | None:
    """The version behind `champion` by now, None where there is none.

    Where it cannot be measured on these rows, that is an AsofError if a gate compares with it, else a warning.
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
        champion.schema.check(view.table.schema().items(), which)
    except AsofError as error:
        if demanded:
            raise
        log.warning("the candidate is not compared with the champion: %s", error)
        return None
    return champion
