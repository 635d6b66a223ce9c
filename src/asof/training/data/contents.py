"""What a training set holds, worked out in the warehouse: rows per split, the label over time, a hash of the content.

The hash does not depend on the order of the rows. It is the sum, modulo 2^127, of the MD5 of each row written as JSON
(Clarke and others: Incremental multiset hash functions, ASIACRYPT 2003, the additive construction; against accidents, not
against an attacker), its columns in the order of their names, and says the same wherever the same rows are.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime

import ibis

from asof.clock import written
from asof.errors import DataError
from asof.training.data.training_set import SPLIT, SPLITS, UNUSED, TrainingSet
from asof.warehouse.sql import quoted


@dataclass(frozen=True)
class Contents:
    """Rows of a training set: `unused` were labelled but fell into a gap, or their label came too late for their split;
    `unlabelled` came up before the cut-off, but their label was not known by then."""

    train: int
    validation: int
    test: int
    unused: int
    unlabelled: int
    newest: datetime
    content_hash: str

    @property
    def unlabelled_share(self) -> float:
        total = self.train + self.validation + self.test + self.unused + self.unlabelled
        return self.unlabelled / total


@dataclass(frozen=True)
class LabelMoment:
    """The label of the rows of one day or week: the mean of a number, or the share of one class."""

    series: str
    start: datetime
    value: float
    row_count: int


def label_over_time(training_set: TrainingSet) -> list[LabelMoment]:
    """The label of all labelled rows by day, or by week where they span more than 120 days; oldest first."""
    view, spec = training_set.view, training_set.spec
    rows = training_set.rows
    as_of = rows[view.meta.as_of]
    first, last = rows.aggregate(first=as_of.min(), last=as_of.max()).to_pyarrow().to_pylist()[0].values()
    started = as_of.truncate("W" if (last - first).days > 120 else "D").cast("timestamp('UTC')").name("start")
    label = rows[spec.label]
    if spec.problem == "multiclass":
        found = rows.group_by([started, label.cast("string").name("series")]).aggregate(row_count=ibis._.count())
        of_start = ibis._.row_count.sum().over(ibis.window(group_by="start"))
        found = found.mutate(value=ibis._.row_count.cast("float64") / of_start)
    else:
        found = rows.group_by(started).aggregate(row_count=ibis._.count(), value=label.cast("float64").mean())
        found = found.mutate(series=ibis.literal(spec.label))
    ordered = found.order_by(["series", "start"]).select("series", "start", "value", "row_count")
    return [LabelMoment(**row) for row in ordered.to_pyarrow().to_pylist()]


def contents(training_set: TrainingSet) -> Contents:
    """Counts and hashes the rows. Raises DataError when there is none, or keys are NULL or repeated."""
    view, spec = training_set.view, training_set.spec
    view.refuse_bad_keys(training_set.rows)
    columns = [*sorted(training_set.columns), SPLIT]
    row = f"to_json(struct_pack({', '.join(f'{quoted(name)} := {quoted(name)}' for name in columns)}))"
    counted = view.warehouse.rows(
        f"select {SPLIT}, count(*) as row_count, max({quoted(view.meta.as_of)}) as newest,\n"
        f"    sum(md5_number_upper({row})::hugeint) as upper, sum(md5_number_lower({row})::hugeint) as lower\n"
        f"from ({ibis.to_sql(training_set.rows.select(*columns), dialect='duckdb')}) as labelled\ngroup by {SPLIT}"
    )
    if not counted:
        raise DataError(
            f"feature view {view.name}: no row with a known '{spec.label}' before "
            f"{written(training_set.cutoff)}; "
            f"build more history ({view.meta.build_command}), or train at a later moment with --now"
        )
    rows = {found[SPLIT]: found["row_count"] for found in counted}
    return Contents(
        **{split: rows.get(split, 0) for split in SPLITS},
        unused=rows.get(UNUSED, 0),
        unlabelled=_unlabelled(training_set),
        newest=max(found["newest"] for found in counted),
        content_hash=_hash([found for found in counted if found[SPLIT] != UNUSED]),
    )


def _hash(counted: list[dict[str, int]]) -> str:
    sums = [sum(found[name] for found in counted) % 2**127 for name in ("row_count", "upper", "lower")]
    return hashlib.sha256(":".join(map(str, sums)).encode()).hexdigest()


def _unlabelled(training_set: TrainingSet) -> int:
    """Rows whose moment is before the cut-off and whose label was not known by it."""
    view = training_set.view
    table, cutoff = view.table, ibis.literal(training_set.cutoff)
    known = view.known(training_set.spec.label, training_set.cutoff)
    return int(table.filter((table[view.meta.as_of] < cutoff) & ~known).count().to_pyarrow().as_py())
