"""What the tests of dbt say of the columns of a feature view: results as the dbt package records them, by lineage.

A result counts for what it ran on. A test that has not run since its model was built again says nothing: it is not tested.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from asof.errors import listed
from asof.features.fingerprints.compiled import ModelSQL, name_of
from asof.warehouse.connection import Warehouse

ROWS = "*"  # in the place of a column: the rows themselves
Lineage = Mapping[str, set[tuple[str, str]]]  # of each column of a view: node id and column, in lower case


@dataclass(frozen=True)
class RecordedTest:
    """The latest result of a test. `columns` are none for a test of the whole relation. `stops` says whether it stops the versions
    that use them.
    """

    name: str
    kind: str
    models: tuple[str, ...]
    columns: tuple[str, ...]
    status: str
    stops: bool
    failures: int | None
    ran_at: datetime

    @property
    def where(self) -> str:
        """What it is a test of, in a message."""
        model = " and ".join(map(name_of, self.models))
        return f"{model}.{', '.join(self.columns)}" if self.columns else model

    @property
    def result(self) -> str:
        """What it found, in a message."""
        rows = f" ({self.failures} {'row' if self.failures == 1 else 'rows'})" if self.failures else ""
        word = {"fail": "failed", "error": "could not run", "warn": "warned"}.get(self.status, self.status)
        return f"{word}{rows}"


@dataclass(frozen=True)
class TestedColumn:
    """A test that concerns columns of a view: which, and through which models from the test's to the view."""

    test: RecordedTest
    columns: tuple[str, ...]
    path: tuple[str, ...]

    @property
    def message(self) -> str:
        """In a message: the test, what it found, and the way to the column."""
        way = " > ".join(self.path)
        test = self.test
        stale = test.kind == "freshness" and test.status in {"error", "warn"}
        found = f"source {test.where} is not fresh" if stale else f"test {test.name} of {test.where} {test.result}"
        return f"{found}; it concerns {listed(self.columns, 3)} ({way})"


@dataclass(frozen=True)
class Tested:
    """What the tests in the lineage of some columns say. `is_on_record` is false where no test has ever run on the target."""

    stopping: Sequence[TestedColumn] = ()
    warning: Sequence[TestedColumn] = ()
    not_run_since: Sequence[TestedColumn] = ()
    is_on_record: bool = True

    @property
    def untested(self) -> str | None:
        """In a message: what has not been tested; None where everything was."""
        if not self.is_on_record:
            return "no test has run on this target"
        if not self.not_run_since:
            return None
        names = [each.test.name for each in self.not_run_since]
        return f"{len(names)} tests have not run since their models were built: {listed(names, 3)}"


@dataclass(frozen=True)
class LastBuilds:
    """When each model was last built, by its unique id."""

    at: Mapping[str, datetime] = field(default_factory=dict)

    def are_before(self, test: RecordedTest) -> bool:
        """Whether a test ran on its models as they are: in the run that built them, or later."""
        return all(test.ran_at >= self.at[model] for model in test.models if model in self.at)


def read_tests(warehouse: Warehouse, registry_schema: str, target: str) -> list[RecordedTest]:
    """The latest result of each test on a target; without tests that the project has no longer."""
    if not warehouse.has_table(registry_schema, "test_results"):
        return []
    rows = warehouse.rows(
        "select test, name, kind, models, columns, status, stops, failures, ran_at from (select *, row_number() over "
        "(partition by test order by ran_at desc, invocation_id desc) as place "
        f"from {warehouse.qualified(registry_schema, 'test_results')} where target = ?) as results where place = 1 order by name",
        [target],
    )
    there = _tests_of_project(warehouse, registry_schema, target)
    return [
        RecordedTest(
            name=row["name"],
            kind=row["kind"],
            models=tuple(json.loads(row["models"])),
            columns=tuple(json.loads(row["columns"])),
            status=row["status"],
            stops=row["stops"],
            failures=row["failures"],
            ran_at=row["ran_at"],
        )
        for row in rows
        if there is None or row["test"] in there
    ]


def _tests_of_project(warehouse: Warehouse, registry_schema: str, target: str) -> set[str] | None:
    """The tests that the dbt project had when it last ran some on a target, by unique id; None where that is not on record."""
    if not warehouse.has_table(registry_schema, "project_tests"):
        return None
    rows = warehouse.rows(
        f"select tests from {warehouse.qualified(registry_schema, 'project_tests')} where target = ? "
        "order by recorded_at desc limit 1",
        [target],
    )
    return set(json.loads(rows[0]["tests"])) if rows else None


def judge_tests(
    tests: Sequence[RecordedTest], builds: LastBuilds, models: Mapping[str, ModelSQL], view: str, lineage: Lineage
) -> Tested:
    """What tests say of the columns of a view whose lineage is given; `models` are those that the view is made of."""
    stopping, warning, not_run_since = [], [], []
    for test in tests:
        columns = tuple(column for column, comes_from in lineage.items() if _concerns(test, comes_from))
        if not columns:
            continue
        found = TestedColumn(test, columns, path(models, test.models[0], view))
        if not builds.are_before(test):
            not_run_since.append(found)
        elif test.stops:
            stopping.append(found)
        elif test.status != "pass":
            warning.append(found)
    return Tested(stopping, warning, not_run_since, is_on_record=bool(tests))


def _concerns(test: RecordedTest, comes_from: Iterable[tuple[str, str]]) -> bool:
    of_models = {column for model, column in comes_from if model in test.models}
    # where only the rows of a relation are known, not which of its columns are read, each may be
    which_are_read = of_models - {ROWS}
    if test.columns and which_are_read:
        return not which_are_read.isdisjoint(column.lower() for column in test.columns)
    return bool(of_models)


def path(models: Mapping[str, ModelSQL], start: str, view: str) -> tuple[str, ...]:
    """The names of the models on a shortest way from one to a view that is made of it."""
    came_from: dict[str, str | None] = {view: None}
    waiting = [view]
    while waiting and start not in came_from:
        current = waiting.pop(0)
        for parent in models[current].reads if current in models else ():
            if parent not in came_from:
                came_from[parent] = current
                waiting.append(parent)
    way, at = [], start if start in came_from else None
    while at is not None:
        way.append(name_of(at))
        at = came_from[at]
    return tuple(way)
