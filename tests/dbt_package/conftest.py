"""The dbt project of the package's tests, in a folder of its own."""

import shutil

import pytest
from rule_project import RuleProject


@pytest.fixture(scope="module")
def rule(tmp_path_factory, repository, environment) -> RuleProject:
    """A project that the tests of one module share; nothing is built yet."""
    root = tmp_path_factory.mktemp("rule") / "project"
    shutil.copytree(repository / "tests/dbt_package/project", root)
    # dbt loads every project in this folder, so that a test needs no `dbt deps`
    shutil.copytree(repository / "src/asof/dbt_package", root / "dbt_packages/asof")
    return RuleProject(root, environment)
