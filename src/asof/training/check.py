"""`asof check`: what training would refuse, without training and without dbt: specs, files, roles, columns and splits."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import ibis

from asof.errors import AsofError, DataError, EstimatorError, did_you_mean
from asof.model_spec.loading import list_specs
from asof.model_spec.spec import ModelSpec
from asof.project import Project, project_of
from asof.training.data.empty import refuse_empty
from asof.training.data.training_set import SPLIT, SPLITS, define_training_set
from asof.warehouse.connection import Warehouse


@dataclass(frozen=True)
class ModelCheck:
    """One model of the project: what is wrong with it, and how many labelled rows each split would have."""

    model: str
    wrong: list[str] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)


def check(models: Sequence[str] = (), project: Project | None = None) -> list[ModelCheck]:
    """Checks these models, or all of the project. Nothing of the user's code runs, and nothing is written.

    Raises an AsofError where the project or its warehouse cannot be opened.
    """
    project = project_of(project, "check(models, project)", models)
    names = list(models) or list(list_specs(project.root / "models"))
    with project.warehouse(read_only=True) as warehouse:
        return [_check(project, name, warehouse) for name in names]


def _check(project: Project, name: str, warehouse: Warehouse) -> ModelCheck:
    found = ModelCheck(name)
    try:
        spec = project.model_spec(name)
    except AsofError as error:
        found.wrong.append(str(error))
        return found
    for step in (_estimator, _view):
        try:
            step(project, spec, warehouse, found)
        except AsofError as error:
            found.wrong.append(str(error))
    return found


def _estimator(project: Project, spec: ModelSpec, _: Warehouse, __: ModelCheck) -> None:
    """The file and the function that the spec names; read, not run."""
    file, function = spec.estimator.split(":")
    path = project.root / file
    if not path.is_file():
        raise EstimatorError(f"model {spec.name}: estimator {spec.estimator}: there is no file {path}")
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (SyntaxError, ValueError) as error:
        raise EstimatorError(f"model {spec.name}: estimator {spec.estimator}: {file} is not Python: {error}") from None
    names = set(_bound(tree))
    if function not in names and "*" not in names:
        raise EstimatorError(
            f"model {spec.name}: estimator {spec.estimator}: {file} has no function '{function}'{did_you_mean(function, names)}"
        )


def _bound(tree: ast.AST) -> Iterator[str]:
    """The names that a file defines, imports or assigns anywhere; `*` for an import of all names."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, ast.alias):
            yield node.asname or node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def _view(project: Project, spec: ModelSpec, warehouse: Warehouse, found: ModelCheck) -> None:
    view = project.view_in(warehouse, spec.view)
    spec.require_columns(view.table.columns, view.name)
    training_set = define_training_set(view, spec, project.clock.now())
    view.refuse_bad_keys(training_set.rows)
    as_of = training_set.rows[view.meta.as_of]
    counted = (
        training_set.rows.group_by(SPLIT).aggregate(rows=ibis._.count(), newest=as_of.max()).to_pyarrow().to_pylist()
    )
    rows = {row[SPLIT]: row["rows"] for row in counted}
    found.rows.update({split: rows.get(split, 0) for split in SPLITS})
    newest = max((row["newest"] for row in counted), default=None)
    for split in SPLITS:
        refuse_empty(training_set, split, found.rows[split], newest)
    if spec.problem == "regression":
        return
    label = training_set.rows[spec.label]
    classes = training_set.rows.group_by(SPLIT).aggregate(classes=label.nunique()).to_pyarrow().to_pylist()
    judged = SPLITS if spec.problem == "binary" else ("train",)
    alone = [split for split in judged for row in classes if row[SPLIT] == split and row["classes"] == 1]
    if alone:
        raise DataError(
            f"model {spec.name}: the label '{spec.label}' has one class in all rows of the {' and of the '.join(alone)} split; "
            "longer splits, or more history, may have both"
        )
