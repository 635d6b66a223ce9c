"""The SQL of a prediction run: which rows are due, which of them were scored, and what becomes of the others.

Everything happens in the warehouse but the scores themselves, which Python computes in batches (`batches.py`).
"""

from dataclasses import dataclass
from datetime import datetime

import duckdb

from asof.features.signature import features_hash
from asof.features.view import FeatureView
from asof.inference.batch.table import AS_OF, FEATURES, GONE_AT, PredictionTable
from asof.inference.decide.arms import Arm
from asof.inference.decide.policy import DECISION, SCORED
from asof.registry.model_version import ModelVersion
from asof.warehouse.connection import Warehouse
from asof.warehouse.sql import literal, quoted


@dataclass(frozen=True)
class Statements:
    """What one run asks of the warehouse. `arm` has the version, and `share` is the condition on a row of the view to fall to it.

    The rows of a run are those with a moment in (window_from, window_to]; with `again` those that the version has scored are
    scored anew.
    """

    warehouse: Warehouse
    view: FeatureView
    table: PredictionTable
    version: ModelVersion
    window_from: datetime
    window_to: datetime
    arm: Arm
    share: str | None
    again: bool

    @property
    def due(self) -> str:
        """The rows of the view in the window."""
        as_of = quoted(self.view.meta.as_of)
        source = self.warehouse.qualified(self.view.meta.schema, self.view.meta.table)
        conditions = [f"{as_of} > {literal(self.window_from)}", f"{as_of} <= {literal(self.window_to)}"]
        conditions += [self.share] if self.share else []
        return f"select * from {source} where {' and '.join(conditions)}"

    def missed(self, runs: str) -> str:
        """SELECT of the number of rows between the last finished run's window and this one, and of where that window ended.

        No later run scores these rows. `runs` is the table of prediction runs.
        """
        as_of = quoted(self.view.meta.as_of)
        source = self.warehouse.qualified(self.view.meta.schema, self.view.meta.table)
        share = f" and {self.share}" if self.share else ""
        return (
            f"with last as (select max(window_to) as reached from {runs} where status in ('done', 'empty') "
            f"and model = {literal(self.version.model)} and window_to <= {literal(self.window_to)}) "
            f"select count(*) as rows, any_value(reached) as reached from {source}, last "
            f"where {as_of} > reached and {as_of} <= {literal(self.window_from)}{share}"
        )

    def _there(self, condition: str) -> str:
        """The rows of the prediction table in the window that meet a condition."""
        return (
            f"select * from {self.table.name_in(self.warehouse)} as done where {condition} "
            f"and done.{AS_OF} > {literal(self.window_from)} and done.{AS_OF} <= {literal(self.window_to)}"
        )

    def _same(self, due: str, done: str) -> str:
        pairs = [(name, name) for name in self.table.key] + [(self.view.meta.as_of, AS_OF)]
        return " and ".join(f"{quoted(due, a)} = {quoted(done, b)}" for a, b in pairs)

    @property
    def unscored(self) -> str:
        """The rows to score: those due, without those that are left as they are."""
        if not self.table.is_in(self.warehouse):
            return self.due
        left = self._there(self.arm.leaves(again=self.again))
        return f"select due.* from ({self.due}) as due anti join ({left}) as done on {self._same('due', 'done')}"

    @property
    def remove(self) -> str:
        """Removes those of the version's rows that it is to score and that are not left as they are, and only those."""
        return (
            f"delete from {self.table.name_in(self.warehouse)} as done using ({self.due}) as due "
            f"where done.version = {self.version.version} and not {self.arm.leaves(again=self.again)} "
            f"and {self._same('due', 'done')}"
        )

    def changed(self, runs: str) -> str:
        """How many rows were scored before from other features than they have now, by hashes of this DuckDB.

        `runs` is the table of prediction runs.
        """
        own = f"done.version = {self.version.version} and {self.arm.leaves(again=False)}"
        comparable = f"select run_id from {runs} where duckdb_version = {literal(duckdb.__version__)}"
        return (
            f"select count(*) as rows from (select *, {self._features_hash} as asof_now from ({self.due})) as due "
            f"inner join ({self._there(own)}) as done on {self._same('due', 'done')} "
            f"where done.features_hash <> due.asof_now and done.run_id in ({comparable})"
        )

    def mark_gone(self, now: datetime) -> str:
        """UPDATE that sets `gone_at` of predictions in the window whose question has left the view, and clears it if it is back."""
        asked = self.warehouse.qualified(self.view.meta.schema, self.view.meta.table)
        is_asked = f"exists (select 1 from {asked} as due where {self._same('due', 'done')})"
        return (
            f"update {self.table.name_in(self.warehouse)} as done "
            f"set {GONE_AT} = case when {is_asked} then null else coalesce({GONE_AT}, {literal(now)}) end "
            f"where done.{AS_OF} > {literal(self.window_from)} and done.{AS_OF} <= {literal(self.window_to)} "
            f"and ({GONE_AT} is null) is distinct from {is_asked}"
        )

    @property
    def gone(self) -> str:
        """SELECT of the number of this version's predictions in the window whose question is gone."""
        return f"select count(*) as rows from ({self._there(f'done.version = {self.version.version} and {GONE_AT} is not null')})"

    def null_shares(self, columns: list[str], rows: str) -> str:
        shares = ", ".join(f"avg(({quoted(name)} is null)::integer) as {quoted(name)}" for name in columns)
        return f"select {shares} from ({rows})"

    @property
    def _features_hash(self) -> str:
        return features_hash(map(quoted, self.version.signature.names))

    @property
    def scores(self) -> str:
        """The column of scores that is added to the rows to score."""
        return self._free_name("asof_scores")

    @property
    def reasons(self) -> str:
        """The column of reasons that is added to the rows to score."""
        return self._free_name("asof_reasons")

    @property
    def _hash_column(self) -> str:
        return self._free_name("asof_features_hash")

    def _free_name(self, name: str) -> str:
        """A name that no column of the view has."""
        taken = {column.lower() for column in self.view.table.columns}
        while name in taken:
            name += "_"
        return name

    def to_score(self, rows: str) -> str:
        """Of the rows to score what is needed of them: key, moment, features of the types that are scored, hash."""
        columns = {name: quoted(name) for name in (*self.table.key, self.view.meta.as_of)}
        for feature in self.version.signature.features:
            columns[feature.name] = f"{quoted(feature.name)}::{feature.duckdb_type}"
        listed = ",\n    ".join(f"{value} as {quoted(name)}" for name, value in columns.items())
        return f"select\n    {listed},\n    {self._features_hash} as {self._hash_column}\nfrom ({rows})"

    def scored(self, source: str, threshold: float, run: dict[str, str], *, reasons: bool) -> str:
        """The rows as a policy sees them: key, moment, version, scores, prediction, reasons and features.

        `source` names the rows of `to_score` with their scores and, where wanted, reasons; `run` has further columns of the
        run as SQL. Keys and features get the types of the view again, of which Arrow does not know each.
        """
        version, types = self.version, self.table.view_types(self.warehouse, self.view)
        typed = {name: f"{quoted(name)}::{types[name]}" for name in (*self.table.key, *version.signature.names)}
        features = ", ".join(f"{quoted(name)} := {typed[name]}" for name in version.signature.names)
        columns = {
            **{quoted(name): typed[name] for name in self.table.key},
            AS_OF: quoted(self.view.meta.as_of),
            "model": literal(version.model),
            "version": f"{version.version}::integer",
            "alias": run["alias"],
            **self._outcomes(threshold),
            "reasons": f"{self.reasons}::json" if reasons else "null::json",
            FEATURES: f"struct_pack({features})",
            "features_hash": self._hash_column,
            "hindsight": f"{quoted(self.view.meta.as_of)} < {literal(version.known_by)}",
            "run_id": run["run_id"],
            "scored_at": run["scored_at"],
            GONE_AT: "null::timestamptz",
        }
        if version.problem == "binary":
            columns["threshold"] = literal(threshold)
        listed = ",\n    ".join(f"{value} as {name}" for name, value in columns.items())
        return f"select\n    {listed}\nfrom {quoted(source)}"

    def _outcomes(self, threshold: float) -> dict[str, str]:
        """The columns of scores, and what they predict: whether, which class, or how much."""
        version = self.version
        if version.problem == "multiclass":
            classes = ", ".join(literal(name) for name in version.classes)
            scores = {quoted(name): f"{self.scores}[{place + 1}]" for place, name in enumerate(version.score_columns)}
            best = f"list_position({self.scores}, list_max({self.scores}))"
            return {**scores, "prediction": f"([{classes}])[{best}]"}
        prediction = f"{self.scores} >= {literal(threshold)}" if version.problem == "binary" else self.scores
        return {"score": self.scores, "prediction": prediction}

    def with_decision(self, scored: str, decision: str, name: str) -> str:
        """The rows of `scored` with a decision that is an expression on each of them, in which they are called `name`."""
        named = quoted(name)
        return f"select {named}.*, cast(({decision}) as varchar) as {DECISION}\nfrom (\n{scored}\n) as {named}"

    def with_decisions(self, decisions: str) -> str:
        """The rows of the temporary table `scored` with those of a table of decisions."""
        identity = ", ".join(quoted(name) for name in self.table.identity)
        return f"select * from {SCORED} inner join {decisions} using ({identity})"

    def to_write(self, decided: str, *, keep_features: bool) -> str:
        """The rows of the prediction table from those of `scored` with their decisions."""
        # JSON, since versions differ in their columns; DuckDB writes each number so that it reads back to the bit
        kept = f"to_json({FEATURES})" if keep_features else "null::json"
        internal = " exclude (threshold)" if self.version.problem == "binary" else ""
        return f"select *{internal} replace ({kept} as {FEATURES})\nfrom (\n{decided}\n)"
