"""Replays predictions: derives the features of scored rows again, and compares them with what the model was given."""

from dataclasses import dataclass
from datetime import datetime

from asof.dbt_files.graph import ViewParts
from asof.errors import NotBuiltError
from asof.leaks.replay.compare import EXAMPLES, Difference, Example
from asof.leaks.replay.opening import opened
from asof.leaks.replay.scratch import TODAY, Scratch, columns_of
from asof.progress import Progress, Silent
from asof.project import Project, project_of
from asof.warehouse.database import MISSING, VERSION, Connection
from asof.warehouse.sql import hash_of, literal, quoted

# columns of the prediction table; inference and features meet in the warehouse only
FEATURES = "features"
FEATURES_HASH = "features_hash"


@dataclass(frozen=True)
class PredictionReplay:
    """The predictions of a model whose features were derived again.

    Of `rows` each of the `columns` was compared, of `hashed` the hash of all of them, which `differences` name as a
    column of its own. `gone` no longer have a row in the view; `not_comparable` have only a hash, of another DuckDB or
    of a feature that is `missing`.
    `missing` are features of a version that the view no longer has.
    """

    model: str
    view: str
    rows: int
    hashed: int
    gone: int
    not_comparable: int
    columns: int
    missing: list[str]
    differences: list[Difference]

    @property
    def agrees(self) -> bool:
        return not (self.differences or self.gone or self.missing)


def replay_predictions(
    model: str, project: Project | None = None, *, progress: Progress | None = None
) -> PredictionReplay:
    """Builds the model's view again, in a scratch database as of the present, and compares what each prediction was given.

    That is each feature where they were kept with the prediction, else their hash. A difference is training/serving
    skew: what training would read today is not what inference was given.

    Raises SpecError for an unknown model, NotBuiltError when it has not predicted, ProjectError when dbt fails.
    """
    project = project_of(project, "replay_predictions(model, project)", model)
    progress = progress or Silent()
    view = project.model_spec(model).view
    now = project.clock.now()
    with opened(project, view, progress) as opening:
        scratch = opening.scratch
        with scratch.connect() as connection:
            versions = _versions(connection, project, model)
        progress.step(f"building {view} again")
        parts = scratch.build(opening.graph, opening.parts.view, now).view(view)
        progress.step("comparing")
        with scratch.connect() as connection:
            return _compare(_GivenAndDerived(connection, scratch, parts, model, now), versions)


def _versions(connection: Connection, project: Project, model: str) -> dict[int, list[str]]:
    """The features of each version that has predicted."""
    registry = quoted(TODAY, project.registry_schema, "model_features")
    predictions = quoted(TODAY, project.predictions_schema, model)
    try:
        found = connection.execute(
            f"select version, list(feature order by position) from {registry} "
            f"where model = ? and version in (select version from {predictions}) group by version",
            [model],
        ).fetchall()
    except MISSING:
        found = []
    if not found:
        raise NotBuiltError(f"model {model} has no predictions to replay; run: asof predict {model}")
    lacking = {FEATURES, FEATURES_HASH} - set(columns_of(connection, (TODAY, project.predictions_schema, model)))
    if lacking:
        raise NotBuiltError(
            f"{project.predictions_schema}.{model} was made by an older asof, without {', '.join(sorted(lacking))}; "
            f"run: asof predict {model}"
        )
    return dict(found)


@dataclass(frozen=True)
class _GivenAndDerived:
    """The predictions that were made by the present, as `given`, with the rows of their view as it was `derived`."""

    connection: Connection
    scratch: Scratch
    parts: ViewParts
    model: str
    now: datetime

    @property
    def key(self) -> list[str]:
        meta = self.parts.spine.meta
        return [name for name in meta["key"] if name != meta["as_of"]]

    @property
    def gone(self) -> str:
        """Whether a prediction has no row in the view, as SQL."""
        return f"derived.{quoted(str(self.parts.spine.meta['as_of']))} is null"

    @property
    def comparable(self) -> str:
        """Whether a hash is of this DuckDB, as SQL."""
        runs = quoted(TODAY, self.scratch.project.registry_schema, "prediction_runs")
        return f"given.run_id in (select run_id from {runs} where duckdb_version = {literal(VERSION)})"

    @property
    def joined(self) -> str:
        predictions = quoted(TODAY, self.scratch.project.predictions_schema, self.model)
        present = literal(self.now)
        on = [
            *(f"given.{quoted(name)} = derived.{quoted(name)}" for name in self.key),
            f"given.as_of = derived.{quoted(str(self.parts.spine.meta['as_of']))}",
        ]
        return (
            f"(select * from {predictions} where scored_at <= {present} and as_of <= {present}) as given "
            f"left join {quoted(*self.scratch.built(self.parts.view))} as derived on {' and '.join(on)}"
        )

    def columns(self) -> list[str]:
        return columns_of(self.connection, self.scratch.built(self.parts.view))

    def counts(self, *conditions: str) -> list[int]:
        """How many predictions meet each condition."""
        counted = ", ".join(f"count(*) filter ({condition})" for condition in conditions)
        return list(self.connection.execute(f"select {counted} from {self.joined}").fetchone() or ())

    def difference(self, column: str, was: str, is_now: str, condition: str) -> Difference | None:
        """Where two expressions differ, of the predictions that meet a condition."""
        differs = f"{condition} and {was} is distinct from {is_now}"
        (count,) = self.counts(differs)
        if not count:
            return None
        shown = (*self.key, "as_of", "version")
        names = ", ".join(f"given.{quoted(name)}" for name in shown)
        found = self.connection.execute(
            f"select {was}, {is_now}, {names} from {self.joined} where {differs} order by {names} limit {EXAMPLES}"
        ).fetchall()
        examples = [Example(dict(zip(shown, rest, strict=True)), then, today) for then, today, *rest in found]
        return Difference(column, count, examples, first=None)


def _compare(pair: _GivenAndDerived, versions: dict[int, list[str]]) -> PredictionReplay:
    there = pair.columns()
    wanted = list(dict.fromkeys(name for names in versions.values() for name in names))
    columns = [name for name in wanted if name in there]
    kept = f"not {pair.gone} and given.features is not null"
    derived = _hashes({version: names for version, names in versions.items() if set(names) <= set(there)})
    hashed = f"not {pair.gone} and given.features is null and {pair.comparable} and {derived} is not null"
    rows, hashes, gone, all_rows = pair.counts(kept, hashed, pair.gone, "true")
    found = [pair.difference(FEATURES_HASH, f"given.{FEATURES_HASH}", derived, hashed) if hashes else None]
    for column in columns if rows else []:
        having = ", ".join(str(version) for version, names in versions.items() if column in names)
        was, is_now = kept_and_derived(column)
        found.append(pair.difference(column, was, is_now, f"{kept} and given.version in ({having})"))
    return PredictionReplay(
        model=pair.model,
        view=pair.parts.view.name,
        rows=rows,
        hashed=hashes,
        gone=gone,
        not_comparable=all_rows - rows - hashes - gone,
        columns=len(columns),
        missing=[name for name in wanted if name not in there],
        differences=[difference for difference in found if difference is not None],
    )


def _hashes(versions: dict[int, list[str]]) -> str:
    """The hash of a derived row's features by the version that was given them, as SQL."""
    cases = "".join(
        f" when {version} then {hash_of(f'derived.{quoted(name)}' for name in names)}"
        for version, names in versions.items()
    )
    return f"case given.version{cases} end" if cases else "null"


def kept_and_derived(column: str) -> tuple[str, str]:
    """SQL for a feature as it was kept with the prediction (JSON, in `given`) and as its view gives it now (in `derived`).

    Both are read out of a JSON object, so that they are equal as text where the values are equal. Written and read, a number may
    look otherwise: DuckDB writes a decimal of ten digits or more as 43.70 and reads it as 43.7.
    """
    name, path = quoted(column), _path(column)

    def read(json: str) -> str:
        return f"nullif(cast({json} -> {path} as varchar), 'null')"

    return read("given.features"), read(f"to_json(struct_pack({name} := derived.{name}))")


def _path(column: str) -> str:
    """A JSON path to a field, as a literal of SQL."""
    escaped = column.replace('"', '\\"')
    return literal(f'$."{escaped}"')
