"""The dbt vars that asof reads, as dbt itself would see them from every package."""

from pathlib import Path
from typing import Any

from asof.errors import ProjectError
from asof.yaml_file import as_mapping, read_yaml

_OWN = "asof_"


def project_vars(config: dict[str, Any], path: Path) -> dict[str, Any]:
    """The vars of a project: those of `dbt_project.yml` at `path`, or of dbt 1.12's `vars.yml` beside it.

    Raises ProjectError for a var of asof that dbt would not see as it is written: one under a project's name, which the
    asof package does not get, and one with Jinja, which dbt does not render here.
    """
    source = path
    found = as_mapping(config.get("vars"), f"{path}: vars", ProjectError)
    beside = path.with_name("vars.yml")
    if not found and beside.is_file():
        source = beside
        found = as_mapping(read_yaml(beside, ProjectError).get("vars"), f"{beside}: vars", ProjectError)
    for name, value in found.items():
        for scoped in sorted(value) if isinstance(value, dict) else []:
            if str(scoped).startswith(_OWN):
                raise ProjectError(
                    f"{source}: vars: {scoped} stands under {name}, where the asof package does not see it; "
                    f"write it at the top of vars"
                )
        if name.startswith(_OWN) and isinstance(value, str) and "{{" in value:
            raise ProjectError(
                f"{source}: vars: {name} is Jinja ({value}), which dbt does not render in vars; write the value itself"
            )
    return found
