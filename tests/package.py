"""The dbt package in a project of the tests, without `dbt deps`."""

import shutil
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "src/asof/dbt_package"


def install_package(dbt_project: Path) -> None:
    """Puts a copy where `dbt deps` would put one; dbt 1.12 also wants it to be named in packages.yml."""
    shutil.copytree(PACKAGE, dbt_project / "dbt_packages/asof")
    (dbt_project / "packages.yml").write_text("packages: [{local: dbt_packages/asof}]\n")
