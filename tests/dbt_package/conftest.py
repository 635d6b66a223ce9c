"""The dbt project of the package's tests, in a folder of its own, on DuckDB and on a PostgreSQL server."""

import shutil

import pytest
from engines import DuckDB, PostgreSQL
from package import install_package
from rule_project import RuleProject


@pytest.fixture(scope="module")
def project_folder(tmp_path_factory, repository):
    """The project's files for the tests of one module; nothing is built yet."""
    root = tmp_path_factory.mktemp("rule") / "project"
    shutil.copytree(repository / "tests/dbt_package/project", root)
    install_package(root)
    return root


@pytest.fixture(scope="module")
def rule(project_folder, environment) -> RuleProject:
    return RuleProject(project_folder, environment, DuckDB(project_folder / "rule.duckdb"))


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def each_engine(request, project_folder, environment) -> RuleProject:
    """The project on one engine after the other."""
    if request.param == "duckdb":
        return RuleProject(project_folder, environment, DuckDB(project_folder / "rule.duckdb"))
    engine = PostgreSQL(request.getfixturevalue("server"))
    with engine.cursor() as cursor:
        cursor.execute(
            "drop schema if exists main cascade; drop schema if exists raw cascade; drop schema if exists ml cascade"
        )
    return RuleProject(project_folder, environment, engine)
