"""The SQL of a prediction run: which rows are due, which of them are scored, and what becomes of the others.

Everything happens in the warehouse but the scores themselves, which Python computes in batches (`batches.py`). The columns
of what is written are in `columns.py`.
"""

from collections.abc import Sequence
from datetime import datetime

from asof.inference.batch.plan import Plan
from asof.inference.batch.table import AS_OF, GONE_AT
from asof.warehouse.sql import hash_of, literal, quoted


def due(plan: Plan) -> str:
    """The rows of the view in the window that are the arm's."""
    as_of = quoted(plan.as_of)
    conditions = [f"{as_of} > {literal(plan.window.start)}", f"{as_of} <= {literal(plan.window.end)}"]
    conditions += [plan.unit_filter] if plan.unit_filter else []
    return f"select * from {plan.relations.view} where {' and '.join(conditions)}"


def unscored(plan: Plan) -> str:
    """The rows to score: those due, without those that are kept."""
    if not plan.relations.predictions_exist:
        return due(plan)
    kept = _predictions(plan, plan.rows_to_keep)
    return f"select due.* from ({due(plan)}) as due anti join ({kept}) as done on {_same(plan)}"


def remove(plan: Plan) -> str:
    """DELETE for the rows that this run rescores."""
    kept = plan.rows_to_keep
    return (
        f"delete from {plan.relations.predictions} as done using ({due(plan)}) as due "
        f"where done.version = {plan.version.version} and not {kept} and {_same(plan)}"
    )


def missed(plan: Plan, runs: str) -> str:
    """SELECT of the number of rows between the last finished run's window and this one, and of where that window ended.

    No later run scores these rows. `runs` is the table of prediction runs.
    """
    as_of = quoted(plan.as_of)
    share = f" and {plan.unit_filter}" if plan.unit_filter else ""
    return (
        f"with last as (select max(window_to) as reached from {runs} where status in ('done', 'empty') "
        f"and model = {literal(plan.version.model)} and window_to <= {literal(plan.window.end)}) "
        f"select count(*) as rows, any_value(reached) as reached from {plan.relations.view}, last "
        f"where {as_of} > reached and {as_of} <= {literal(plan.window.start)}{share}"
    )


def changed(plan: Plan, runs: str, engine_version: str) -> str:
    """SELECT of the number of rows that were scored before from other features than they have now.

    Hashes are compared where a run of the same version of the engine wrote them. `runs` is the table of prediction runs.
    """
    own = f"done.version = {plan.version.version} and {plan.arm.rows_to_keep_sql(again=False)}"
    comparable = f"select run_id from {runs} where duckdb_version = {literal(engine_version)}"
    return (
        f"select count(*) as rows from (select *, {hash_of_features(plan)} as asof_now from ({due(plan)})) as due "
        f"inner join ({_predictions(plan, own)}) as done on {_same(plan)} "
        f"where done.features_hash <> due.asof_now and done.run_id in ({comparable})"
    )


def mark_gone(plan: Plan, now: datetime) -> str:
    """UPDATE that sets `gone_at` of predictions in the window whose question has left the view, and clears it if it is back."""
    is_asked = f"exists (select 1 from {plan.relations.view} as due where {_same(plan)})"
    return (
        f"update {plan.relations.predictions} as done "
        f"set {GONE_AT} = case when {is_asked} then null else coalesce({GONE_AT}, {literal(now)}) end "
        f"where {_in_window(plan)} and ({GONE_AT} is null) is distinct from {is_asked}"
    )


def gone(plan: Plan) -> str:
    """SELECT of the number of this version's predictions in the window whose question is gone."""
    condition = f"done.version = {plan.version.version} and {GONE_AT} is not null"
    return f"select count(*) as rows from ({_predictions(plan, condition)})"


def null_shares(columns: Sequence[str], rows: str) -> str:
    """SELECT of the share of NULLs in each of these columns."""
    shares = ", ".join(f"avg(({quoted(name)} is null)::integer) as {quoted(name)}" for name in columns)
    return f"select {shares} from ({rows})"


def count(rows: str) -> str:
    """SELECT of the number of rows of a query."""
    return f"select count(*) as rows from ({rows})"


def hash_of_features(plan: Plan) -> str:
    """The hash of a row's features, as SQL."""
    return hash_of(map(quoted, plan.version.signature.names))


def _predictions(plan: Plan, condition: str) -> str:
    """The rows of the prediction table in the window that meet a condition, in which they are called `done`."""
    return f"select * from {plan.relations.predictions} as done where {condition} and {_in_window(plan)}"


def _in_window(plan: Plan) -> str:
    return f"done.{AS_OF} > {literal(plan.window.start)} and done.{AS_OF} <= {literal(plan.window.end)}"


def _same(plan: Plan) -> str:
    """A row of the view, `due`, and one of the prediction table, `done`, are the same question."""
    pairs = [*((name, name) for name in plan.key), (plan.as_of, AS_OF)]
    return " and ".join(f"{quoted('due', a)} = {quoted('done', b)}" for a, b in pairs)
