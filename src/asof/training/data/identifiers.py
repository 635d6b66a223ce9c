"""Finds features that look like identifiers. A model can memorise one, but it says nothing about new rows."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from asof.features.signature import FeatureSchema

_MIN, _MAX = 100, 20_000
_SHARE = 0.9
_FAR_APART = 2.0**40


def identifiers(rows: pa.Table, schema: FeatureSchema) -> Iterator[tuple[str, float]]:
    """Yields each suspicious feature with its share of distinct values among the newest rows.

    Suspicious are texts with a different value in nearly every row, and such integers if they count up with time or are spread
    like hashes. An amount in cents does neither.
    """
    newest = rows.slice(max(len(rows) - _MAX, 0))
    for feature in schema.features:
        if feature.kind != "categorical" and not feature.type.startswith(("int", "uint")):
            continue
        column = newest[feature.name].drop_null()
        if len(column) < _MIN:
            continue
        if feature.kind == "categorical":
            share = len(pc.unique(column.cast(pa.string()))) / len(column)
            if share >= _SHARE:
                yield feature.name, share
            continue
        values = column.cast(pa.float64(), safe=False).to_numpy()
        share = len(np.unique(values)) / len(values)
        steps = np.diff(values)
        if share >= _SHARE and ((steps >= 0).mean() >= 0.99 or np.ptp(values) >= _FAR_APART):
            yield feature.name, share
