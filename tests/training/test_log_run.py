"""A script without a spec reads a view and leaves a run."""

import json

import pytest
from toy import NOW

from asof import log_run, promote
from asof.errors import RegistryError


def test_what_a_script_leaves(toy):
    project = toy.open()
    view = project.feature_view("toy_view")
    rows = view.training_set("size", known_by=NOW).to_pyarrow().to_pandas()
    with log_run("by_hand", view, "size", project) as run:
        run.log_parameters({"what": "mean", "since": NOW})
        run.log_metric("mean_absolute_error", (rows["size"] - rows["size"].mean()).abs().mean(), rows=len(rows))
    assert view.training_set("size", known_by=NOW).count().to_pyarrow().as_py() == 200, "the view can be read again"
    del view
    ((model, status, label, known_by, spec),) = toy.sql(
        "select model, status, label, known_by, spec from ml.training_runs"
    )
    assert (model, status, label, known_by) == ("by_hand", "logged", "size", NOW)
    assert json.loads(spec) == {"parameters": {"what": "mean", "since": str(NOW)}}
    sizes = [(i * 37) % 100 + (i % 7) * 10 for i in range(200)]
    mean = sum(sizes) / 200
    assert toy.sql("select run_id, split, metric, value, row_count from ml.metrics") == [
        (run.run_id, "test", "mean_absolute_error", pytest.approx(sum(abs(s - mean) for s in sizes) / 200), 200)
    ]


def test_a_script_that_fails(toy):
    project = toy.open()
    with (
        pytest.raises(ZeroDivisionError),
        log_run("by_hand", project.feature_view("toy_view"), "size", project) as run,
    ):
        run.log_metric("r2", 1 / 0)
    assert toy.sql("select status, error from ml.training_runs") == [("failed", "ZeroDivisionError: division by zero")]
    assert toy.sql("select count(*) from ml.metrics") == [(0,)]


def test_a_logged_run_is_no_version(toy):
    project = toy.open()
    with log_run("size", project.feature_view("toy_view"), "size", project):
        pass
    with pytest.raises(RegistryError, match="model size has no version yet"):
        promote("size", project=toy.open())
