"""Reads a training set into memory: three parts with their labels as numbers, in an order that never varies."""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from asof.errors import DataError
from asof.features.bounds import beyond, has_bounds, is_beyond
from asof.features.signature import FeatureSchema
from asof.features.view import LABEL_KNOWN_AT
from asof.model_spec.spec import ModelSpec
from asof.training.data.contents import Contents
from asof.training.data.empty import refuse_empty
from asof.training.data.rows import microseconds, read_rows, single_precision
from asof.training.data.split import Interval
from asof.training.data.training_set import SPLIT, SPLITS, UNUSED, TrainingSet
from asof.warehouse.sql import quoted

Classes = tuple[str | int, ...]

_MAX_IN_MEMORY = 500_000_000


@dataclass(frozen=True)
class Part:
    """Rows of one split as they came from the warehouse, and their labels as float64, shape (rows,).

    Labels are 0 and 1, the position of the class among the classes of the training split, or numbers. `moments` and
    `label_known` are microseconds since 1970. `spool` is the folder of the file that the rows are in, where they are not in
    memory.
    """

    rows: pa.Table
    labels: np.ndarray
    moments: np.ndarray
    label_known: np.ndarray
    spool: Path | None = None

    def frame(self, schema: FeatureSchema) -> pd.DataFrame:
        return schema.frame(self.rows)

    def where(self, mask: np.ndarray) -> "Part":
        """The rows for which a mask of shape (rows,) holds."""
        rows = self.rows.filter(pa.array(mask))
        return Part(rows, self.labels[mask], self.moments[mask], self.label_known[mask])

    def within(self, interval: Interval) -> "Part":
        """The rows whose moment lies in an interval and whose label was known in time."""
        inside = (self.moments < _micros(interval.end)) & (self.label_known <= _micros(interval.known_by))
        if interval.start is not None:
            inside &= self.moments >= _micros(interval.start)
        return self.where(inside)

    def sample(self, most: int) -> "Part":
        """At most so many rows, evenly spread over all of them."""
        count = len(self.labels)
        chosen = np.zeros(count, dtype=bool)
        chosen[np.linspace(0, count - 1, min(most, count)).astype(int)] = True
        return self if count <= most else self.where(chosen)


@dataclass(frozen=True)
class Dataset:
    """A training set in memory; `classes` are those of a problem with several, in the order of their codes."""

    schema: FeatureSchema
    classes: Classes
    contents: Contents
    train: Part
    validation: Part
    test: Part


def read_dataset(
    training_set: TrainingSet,
    found: Contents,
    *,
    extra: FeatureSchema | None = None,
    single: bool = False,
    spool: Path | None = None,
) -> Dataset:
    """Reads the three splits. With `single` the numbers to train on come as float32, for estimators that compute so, and
    more than 500 million values stay in a file in the folder `spool`. `extra` are columns that the champion reads besides, in
    validation and test.

    Raises DataError when a split has no labelled row, a binary label has one class, or a class is new after training.
    """
    spec, schema, warehouse = training_set.spec, training_set.schema, training_set.view.warehouse
    for name in SPLITS:
        refuse_empty(training_set, name, getattr(found, name), found.newest)
    _refuse_beyond(training_set)
    lazy = training_set.ordered(["train"], [LABEL_KNOWN_AT])
    lazy = lazy.select(*training_set.view.identity, *schema.names, LABEL_KNOWN_AT, spec.label)
    spool = spool if single and found.train * len(schema.names) > _MAX_IN_MEMORY else None
    lazy = single_precision(lazy, schema.numeric) if single else lazy
    train = read_rows(warehouse, lazy, schema.categorical, spool)
    judged = training_set.ordered(SPLITS[1:], [*(extra.names if extra else []), LABEL_KNOWN_AT])
    held_out = read_rows(warehouse, judged, schema.categorical)

    classes = _classes(train[spec.label], spec) if spec.problem == "multiclass" else ()
    parts = {"train": train} | {name: held_out.filter(pc.equal(held_out[SPLIT], name)) for name in SPLITS[1:]}
    as_of = training_set.view.meta.as_of
    made = {name: part_of(rows, spec, name, as_of, classes) for name, rows in parts.items()}
    return Dataset(schema, classes, found, **{**made, "train": replace(made["train"], spool=spool)})


def read_history(training_set: TrainingSet, found: Contents, until: datetime | None = None) -> tuple[Part, Classes]:
    """Every labelled row of a moment before `until`, with the rows that the splits leave out, and the classes."""
    spec, schema, as_of = training_set.spec, training_set.schema, training_set.view.meta.as_of
    refuse_empty(training_set, "train", found.train, found.newest)
    lazy = training_set.ordered([*SPLITS, UNUSED], [LABEL_KNOWN_AT])
    wanted = lazy if until is None else lazy.filter(lazy[as_of] < until)
    rows = read_rows(training_set.view.warehouse, wanted, schema.categorical)
    classes = _classes(rows[spec.label], spec) if spec.problem == "multiclass" else ()
    return part_of(rows, spec, "whole", as_of, classes), classes


def _refuse_beyond(training_set: TrainingSet) -> None:
    """Raises DataError if a feature has a value outside the range of a 32-bit float, in any split."""
    columns = [feature.name for feature in training_set.schema.features if has_bounds(feature)]
    if not columns:
        return
    found = ", ".join(
        f"max({quoted(name)}) filter ({is_beyond(name)}) as {quoted(f'high_{place}')}, "
        f"min({quoted(name)}) filter ({is_beyond(name)}) as {quoted(f'low_{place}')}"
        for place, name in enumerate(columns)
    )
    (row,) = training_set.view.warehouse.rows(f"select {found} from ({training_set.query}) as used")
    for place, name in enumerate(columns):
        if row[f"low_{place}"] is not None:
            low, high = row[f"low_{place}"], row[f"high_{place}"]
            raise beyond(name, low if low < 0 else high, f"feature view {training_set.view.name}")


def _classes(labels: pa.ChunkedArray, spec: ModelSpec) -> Classes:
    classes = sorted(pc.unique(labels).to_pylist())
    names = {str(name).lower() for name in classes}
    if len(classes) < 2:
        raise DataError(f"model {spec.name}: the label '{spec.label}' has one class ({classes[0]}) in the train split")
    if len(names) < len(classes):
        raise DataError(
            f"model {spec.name}: classes of the label '{spec.label}' differ only in upper and lower case; a warehouse would "
            "take their columns of scores for one: give them other names in the label model"
        )
    if len(classes) > 200:
        raise DataError(
            f"model {spec.name}: the label '{spec.label}' has {len(classes)} classes, at most 200 get a column of scores "
            "each; group them in the label model, or say problem: regression in the spec"
        )
    return tuple(classes)


def part_of(rows: pa.Table, spec: ModelSpec, name: str, as_of: str, classes: Classes) -> Part:
    """Rows with the label and its time as a part. Raises DataError when a label is none that the problem can learn."""
    labels = _numbers(rows[spec.label], spec, name, classes)
    found = set(np.unique(labels)) if spec.problem == "binary" else set()
    if not found <= {0.0, 1.0}:
        raise DataError(
            f"model {spec.name}: the label '{spec.label}' has values other than 0 and 1 in the {name} split; "
            "make it a boolean in the label model, or say problem: multiclass or regression in the spec"
        )
    if len(found) == 1:
        raise DataError(
            f"model {spec.name}: the label '{spec.label}' has one class ({int(labels[0])}) in all {len(labels)} rows "
            f"of the {name} split; a longer split may have both"
        )
    return Part(rows, labels, microseconds(rows[as_of]), microseconds(rows[LABEL_KNOWN_AT]))


def _numbers(column: pa.ChunkedArray, spec: ModelSpec, name: str, classes: Classes) -> np.ndarray:
    if not classes:
        labels: np.ndarray = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
        broken = int((~np.isfinite(labels)).sum())
        if broken:
            raise DataError(
                f"model {spec.name}: the label '{spec.label}' is NaN or infinite in {broken} of {len(labels)} rows of the "
                f"{name} split; make it NULL in the label model where it is not known"
            )
        return labels
    codes = pc.index_in(column, value_set=pa.array(classes, type=column.type))
    if codes.null_count:
        new = sorted({str(value) for value in column.filter(pc.is_null(codes)).to_pylist()})
        raise DataError(
            f"model {spec.name}: the label '{spec.label}' has classes in the {name} split that the train split has not: "
            f"{', '.join(new)}; more history may have them, or group them in the label model"
        )
    numbers: np.ndarray = codes.cast(pa.float64()).to_numpy()
    return numbers


def _micros(moment: datetime) -> int:
    return int(np.datetime64(moment.replace(tzinfo=None), "us").astype(np.int64))
