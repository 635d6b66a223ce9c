"""A registered version as SQL that scores the rows of its feature view, on DuckDB or on another engine."""

from dataclasses import dataclass

from asof.errors import CompileError, did_you_mean
from asof.inference.batch.table import AS_OF
from asof.project import Project
from asof.registry.model_version import load_version
from asof.registry.pinned import view_of
from asof.registry.readiness import check_features
from asof.registry.resolve import resolve
from asof.registry.store import reading
from asof.registry.versions import version_row
from asof.scoring.sql.compile import compile_scores
from asof.scoring.sql.dialects import DIALECTS, in_dialect
from asof.warehouse.sql import quoted


@dataclass(frozen=True)
class CompiledModel:
    """One SELECT: the key of the feature view's rows, their moment, and the score, or of several classes one for each."""

    model: str
    version: int
    dialect: str
    sql: str


def compile_model(
    model: str,
    project: Project | None = None,
    *,
    alias: str = "champion",
    version: int | None = None,
    dialect: str = "duckdb",
) -> CompiledModel:
    """Compiles the version behind an alias, or the one that is named.

    Raises CompileError, which names the part, where the pipeline has one that SQL does not compute, or the dialect is not
    known; RegistryError where there is no such version, ChangedFeaturesError where its features mean something else by now.
    """
    project = project or Project.open()
    if dialect not in DIALECTS:
        raise CompileError(f"no dialect '{dialect}'{did_you_mean(dialect, DIALECTS)}")
    spec = project.model_spec(model)
    with reading(project) as registry:
        number = resolve(registry, model, alias if version is None else version, project.clock.now())
        found = load_version(registry, model, number, project)
        row = version_row(registry, model, number, project.clock.now())
        view = project.view_in(registry.warehouse, view_of(registry, row, project))
        for obstacle in check_features(registry, project, row, view.meta, spec).obstacles:
            if obstacle.check == "change":
                raise obstacle.error(row)
    taken = {name.lower() for name in (*view.meta.key, AS_OF)} & {name.lower() for name in found.signature.names}
    if taken:
        raise CompileError(f"{found.title}: a feature has the name '{min(taken)}' of a column of the result; rename it")
    try:
        compiled = compile_scores(found.estimator, found.signature, found.problem)
    except CompileError as error:
        raise CompileError(f"{found.title} cannot be compiled to SQL: {error}") from None
    passed = {**{quoted(name): quoted(name) for name in view.meta.key}, AS_OF: quoted(view.meta.as_of)}
    relation = quoted(view.meta.schema, view.meta.table)
    sql = in_dialect(compiled.select(relation, passed, [quoted(name) for name in found.score_columns]), dialect)
    return CompiledModel(model, number, dialect, f"-- {found.title}, on feature view {view.name}\n{sql}\n")
