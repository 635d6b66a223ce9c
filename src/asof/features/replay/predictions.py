"""Replays predictions: derives the features of scored rows anew, and compares them with what the model was given."""

import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from asof.errors import NotBuiltError
from asof.features.dbt_run import run_dbt
from asof.features.graph import ViewParts, read_graph
from asof.features.replay.compare import EXAMPLES, Difference, Example
from asof.features.replay.scratch import TODAY, Scratch, columns_of, refuse_what_cannot_be_replayed
from asof.progress import Progress, Silent
from asof.spec.project import Project
from asof.warehouse.connection import quoted

FEATURES = "features"  # the column of the prediction table; inference and features meet in the warehouse only


@dataclass(frozen=True)
class PredictionReplay:
    """The predictions of a model whose features were derived anew.

    `rows` were compared, `gone` have no row in the view any more, `not_kept` were stored without their features.
    `missing` are features of a version that the view does not have any more.
    """

    model: str
    view: str
    rows: int
    gone: int
    not_kept: int
    columns: int
    missing: list[str]
    differences: list[Difference]

    @property
    def agrees(self) -> bool:
        return not (self.differences or self.gone or self.missing)


def replay_predictions(project: Project, model: str, progress: Progress | None = None) -> PredictionReplay:
    """Builds the model's view anew, in a scratch database as of the present, and compares each feature of each prediction.

    A difference is training/serving skew: what training would read today is not what inference was given.

    Raises SpecError for an unknown model, NotBuiltError when it has not predicted, ProjectError when dbt fails.
    """
    progress = progress or Silent()
    view = project.model_spec(model).feature_view
    now = project.clock.now()
    with tempfile.TemporaryDirectory(prefix="asof-replay-") as folder:
        progress.step("reading the project")
        graph = read_graph(run_dbt(project, "parse", now, Path(folder) / "parse"))
        scratch = Scratch(project, Path(folder))
        needed = graph.ancestors(graph.view(view).view)
        refuse_what_cannot_be_replayed(needed)
        progress.step("reading the warehouse")
        scratch.copy_views(node for node in needed if node.kind == "source")
        with scratch.connect() as connection:
            versions = _versions(connection, project, model)
        progress.step(f"building {view} anew")
        parts = scratch.build(graph, graph.view(view).view, now).view(view)
        progress.step("comparing")
        with scratch.connect() as connection:
            return _compare(connection, scratch, parts, model, versions, now)


def _versions(connection: duckdb.DuckDBPyConnection, project: Project, model: str) -> dict[int, list[str]]:
    """The features of each version that has predicted."""
    registry = quoted(TODAY, project.registry_schema, "model_features")
    predictions = quoted(TODAY, project.predictions_schema, model)
    try:
        found = connection.execute(
            f"select version, list(feature order by position) from {registry} "
            f"where model = ? and version in (select version from {predictions}) group by version",
            [model],
        ).fetchall()
    except duckdb.CatalogException:
        found = []
    if found and FEATURES not in columns_of(connection, (TODAY, project.predictions_schema, model)):
        raise NotBuiltError(
            f"{project.predictions_schema}.{model} was made before features were kept with predictions; rename it, and the "
            f"next asof predict {model} makes it anew"
        )
    if not found:
        raise NotBuiltError(f"model {model} has no predictions to replay; run: asof predict {model}")
    return dict(found)


def _compare(
    connection: duckdb.DuckDBPyConnection,
    scratch: Scratch,
    parts: ViewParts,
    model: str,
    versions: dict[int, list[str]],
    now: datetime,
) -> PredictionReplay:
    project = scratch.project
    key, as_of = list(parts.spine.meta["key"]), str(parts.spine.meta["as_of"])
    given = quoted(TODAY, project.predictions_schema, model)
    there = columns_of(connection, scratch.built(parts.view))
    derived = quoted(*scratch.built(parts.view))
    on = " and ".join(f"given.{quoted(name)} = derived.{quoted(name)}" for name in key)
    given = f"(select * from {given} where scored_at <= ? and as_of <= ?)"
    joined = f"{given} as given left join {derived} as derived on {on} and given.as_of = derived.{quoted(as_of)}"
    gone = f"derived.{quoted(as_of)} is null"
    totals = connection.execute(
        f"select count(*) filter (not {gone} and given.features is not null), count(*) filter ({gone}), "
        f"count(*) filter (given.features is null) from {joined}",
        [now, now],
    ).fetchone()
    differences = []
    wanted = list(dict.fromkeys(name for names in versions.values() for name in names))
    columns = [name for name in wanted if name in there]
    for column in columns:
        having = [version for version, names in versions.items() if column in names]
        # DuckDB makes the same JSON of the same value: the texts are equal where the values are, to the bit
        was = f"nullif(cast(given.features -> {_path(column)} as varchar), 'null')"
        is_now = f"nullif(cast(to_json(derived.{quoted(column)}) as varchar), 'null')"
        differs = (
            f"given.features is not null and not {gone} and list_contains(?, given.version) "
            f"and {was} is distinct from {is_now}"
        )
        count, *_ = connection.execute(
            f"select count(*) from {joined} where {differs}", [now, now, having]
        ).fetchone() or (0,)
        if count:
            names = ", ".join(f"given.{quoted(name)}" for name in (*key, "as_of", "version"))
            found = connection.execute(
                f"select {was}, {is_now}, {names} from {joined} where {differs} order by {names} limit {EXAMPLES}",
                [now, now, having],
            ).fetchall()
            shown = (*key, "as_of", "version")
            examples = [Example(dict(zip(shown, rest, strict=True)), then, today) for then, today, *rest in found]
            differences.append(Difference(column, count, examples, first=None))
    rows, lost, not_kept = totals or (0, 0, 0)
    missing = [name for name in wanted if name not in there]
    return PredictionReplay(model, parts.view.name, rows, lost, not_kept, len(columns), missing, differences)


def _path(column: str) -> str:
    """A JSON path to a field, as a literal of SQL."""
    escaped = column.replace('"', '\\"').replace("'", "''")
    return f"'$.\"{escaped}\"'"
