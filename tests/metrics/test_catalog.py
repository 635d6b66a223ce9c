"""The catalog of metrics: each record has its functions, and the package's macro says what the records say."""

import math
import string

import duckdb
import numpy as np
import pytest

from asof.metrics import resampled, values
from asof.metrics.catalog import METRICS, row_losses
from asof.metrics.loss_macro import MACRO_FILE, macro_text

EVERY = [metric for metrics in METRICS.values() for metric in metrics.values()]


@pytest.mark.parametrize("metric", EVERY, ids=lambda metric: f"{metric.problem}-{metric.name}")
def test_it_has_its_functions(metric):
    assert callable(getattr(values, metric.name))
    assert callable(getattr(resampled, metric.name))


def test_the_macro_is_that_of_the_catalog():
    assert MACRO_FILE.read_text() == macro_text(), "run: make schema"


@pytest.mark.parametrize("problem", ["binary", "regression"])
def test_the_mean_of_a_loss_in_sql_is_the_metric(problem):
    """What the readout of an experiment averages is what training measures."""
    rng = np.random.default_rng(4)
    scores = rng.random(50) if problem == "binary" else rng.normal(size=50)
    labels = (rng.random(50) < 0.4).astype(float) if problem == "binary" else rng.normal(size=50)
    for name in row_losses(problem):
        loss = string.Template(METRICS[problem][name].loss_sql.replace("{", "${")).substitute(
            score="score", label="label", likelihood="case when label = 1 then score else 1 - score end"
        )
        with duckdb.connect() as connection:
            connection.execute("create table rows_of (label double, score double)")
            connection.executemany("insert into rows_of values (?, ?)", list(zip(labels, scores, strict=True)))
            (mean,) = connection.execute(f"select avg({loss}) from rows_of").fetchone()
        assert math.isclose(mean, METRICS[problem][name].value(labels, scores), rel_tol=1e-9)
