"""The rules of the linter: name, severity, what is wrong, and how to mend it. docs/leaks.md has an example of each."""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Rule:
    """One kind of leak."""

    name: str
    severity: Severity
    wrong: str
    remedy: str


LABEL_REACHABLE = Rule(
    "label-reachable",
    "error",
    "it is made of what the label is made of, and nothing holds it back until that is known",
    "take known_at from the moment at which the outcome is known, as the label model does",
)
LOOKS_AHEAD = Rule(
    "looks-ahead",
    "error",
    "the window sees rows that come after its own",
    "order the window by time and end it at the current row; for a whole period, stamp the row with the period's end",
)
NOT_KNOWN_YET = Rule(
    "not-known-yet",
    "warning",
    "it comes from a model whose rows become visible later than the known time of the feature's row",
    "let known_at descend from that time too, or compare the two where the rows are joined",
)
NOT_FOLLOWED = Rule(
    "not-followed",
    "warning",
    "where the column comes from cannot be read, so that nothing is known of it",
    "name its columns: a star over a pivot, columns(...), or a relation that is no ref() or source() cannot be followed",
)
WINDOW_NOT_KNOWN = Rule(
    "window-not-known",
    "error",
    "the window takes in rows in an order that is not that in which they became known",
    "order the window by the known time of its rows",
)
BUCKET_START = Rule(
    "bucket-start",
    "error",
    "known_at is the beginning of a bucket of time, which is not known before its end",
    "add the bucket's length: date_trunc('day', x) + interval '1 day' as known_at",
)
VOLATILE = Rule(
    "volatile",
    "error",
    "the value depends on when the query runs",
    "write {{ asof.now() }} for the present, and a seeded hash of the key for chance",
)
CURRENT_STATE = Rule(
    "current-state",
    "warning",
    "it is the latest state, for rows of any time",
    "keep the history as a feature group of its own, or join it where valid_from <= time < valid_to",
)
SOURCE_NOT_GATED = Rule(
    "source-not-gated",
    "warning",
    "a source is read without asof.visible, so that the clock does not hold its rows back",
    "end the model with {{ asof.visible('<the time at which a row was known>') }}",
)
SNAPSHOT_KNOWN_AT = Rule(
    "snapshot-known-at",
    "error",
    "known_at is the update time that the source gives; a timestamp snapshot does not say when the warehouse learned a row",
    "use strategy: check, whose dbt_valid_from is the time of the run, or a column that says when the row was loaded",
)
NEW_BY_OWN_ROWS = Rule(
    "new-by-own-rows",
    "warning",
    "an incremental build takes only rows newer than the model's own, so it never reads a late row, nor the second load of an instant",
    "write where {{ asof.new_since('<when a row reached the warehouse>', of=ref(...)) }}; asof replay <view> --incremental checks it",
)
FITTED_IN_QUERY = Rule(
    "fitted-in-query",
    "error",
    "a statistic over whatever rows are in the query is fitted on the future too",
    "leave scaling to the estimator in training/, or make the statistic a feature group with times of its own",
)

RULES = {
    rule.name: rule
    for rule in (
        LABEL_REACHABLE,
        LOOKS_AHEAD,
        NOT_KNOWN_YET,
        WINDOW_NOT_KNOWN,
        BUCKET_START,
        VOLATILE,
        CURRENT_STATE,
        SOURCE_NOT_GATED,
        SNAPSHOT_KNOWN_AT,
        FITTED_IN_QUERY,
        NEW_BY_OWN_ROWS,
        NOT_FOLLOWED,
    )
}


@dataclass
class Finding:
    """A place where a rule is broken: the dbt model to mend, the SQL, and the features that come from it."""

    rule: str
    severity: Severity
    view: str
    model: str
    path: str
    sql: str
    features: list[str]
    wrong: str
    remedy: str
    waived: str | None = None  # the reason
