"""The columns of a prediction run as SQL: what is read of the view, what a policy sees, and what is written."""

from asof.inference.batch.plan import Plan
from asof.inference.batch.statements import hash_of_features
from asof.inference.batch.table import AS_OF, FEATURES, FEATURES_HASH, GONE_AT
from asof.inference.decide.policy import DECISION, SCORED
from asof.warehouse.sql import literal, quoted


def to_score(plan: Plan, rows: str) -> str:
    """Of the rows to score what is needed of them: key, moment, features of the types that are scored, and their hash."""
    columns = {name: quoted(name) for name in (*plan.key, plan.as_of)}
    for feature in plan.version.signature.features:
        columns[feature.name] = f"{quoted(feature.name)}::{feature.duckdb_type}"
    listed = ",\n    ".join(f"{value} as {quoted(name)}" for name, value in columns.items())
    return f"select\n    {listed},\n    {hash_of_features(plan)} as {_hash_column(plan)}\nfrom ({rows})"


def scored(plan: Plan, source: str) -> str:
    """The rows as a policy sees them: key, moment, version, scores, prediction, reasons and features.

    `source` names the rows of `to_score` with their scores and, where the plan has them, reasons. Keys and features get the
    types of the view again, of which Arrow does not know each.
    """
    version, types = plan.version, plan.relations.view_types
    typed = {name: f"{quoted(name)}::{types[name]}" for name in (*plan.key, *version.signature.names)}
    features = ", ".join(f"{quoted(name)} := {typed[name]}" for name in version.signature.names)
    columns = {
        **{quoted(name): typed[name] for name in plan.key},
        AS_OF: quoted(plan.as_of),
        "model": literal(version.model),
        "version": f"{version.version}::integer",
        "alias": literal(plan.arm.alias),
        **_outcomes(plan),
        "reasons": f"{plan.reason_column}::json" if plan.reasons else "null::json",
        FEATURES: f"struct_pack({features})",
        FEATURES_HASH: _hash_column(plan),
        "hindsight": f"{quoted(plan.as_of)} < {literal(version.known_by)}",
        "run_id": literal(plan.run_id),
        "scored_at": literal(plan.now),
        GONE_AT: "null::timestamptz",
    }
    if version.problem == "binary":
        columns["threshold"] = literal(plan.threshold)
    listed = ",\n    ".join(f"{value} as {name}" for name, value in columns.items())
    return f"select\n    {listed}\nfrom {quoted(source)}"


def with_decision(rows: str, decision: str, name: str) -> str:
    """The rows of `scored` with a decision that is an expression on each of them, in which they are called `name`."""
    named = quoted(name)
    return f"select {named}.*, cast(({decision}) as varchar) as {DECISION}\nfrom (\n{rows}\n) as {named}"


def with_decisions(plan: Plan, decisions: str) -> str:
    """The rows of the temporary table `scored` with those of a table of decisions."""
    identity = ", ".join(quoted(name) for name in plan.identity)
    return f"select * from {SCORED} inner join {decisions} using ({identity})"


def to_write(plan: Plan, decided: str) -> str:
    """The rows of the prediction table from those of `scored` with their decisions."""
    # JSON, since versions differ in their columns; DuckDB writes each number so that it reads back to the bit
    kept = f"to_json({FEATURES})" if plan.keep_features else "null::json"
    internal = " exclude (threshold)" if plan.version.problem == "binary" else ""
    return f"select *{internal} replace ({kept} as {FEATURES})\nfrom (\n{decided}\n)"


def _outcomes(plan: Plan) -> dict[str, str]:
    """The columns of scores, and what they predict: whether, which class, or how much."""
    version, scores = plan.version, plan.score_column
    if version.problem == "multiclass":
        classes = ", ".join(literal(name) for name in version.classes)
        each = {quoted(name): f"{scores}[{place + 1}]" for place, name in enumerate(version.score_columns)}
        best = f"list_position({scores}, list_max({scores}))"
        return {**each, "prediction": f"([{classes}])[{best}]"}
    prediction = f"{scores} >= {literal(plan.threshold)}" if version.problem == "binary" else scores
    return {"score": scores, "prediction": prediction}


def _hash_column(plan: Plan) -> str:
    return plan.free_name("asof_features_hash")
