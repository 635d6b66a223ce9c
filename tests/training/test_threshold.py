"""The threshold that acts on predictions is the one that is judged: in metrics, slices and gates."""

from datetime import timedelta

import numpy as np
from toy import FIRST

from asof import load_model, train

DAY_80 = FIRST + timedelta(days=80)


def test_rates_and_their_gates_are_at_the_spec_s_threshold(toy):
    toy.edit("models/big.yml", "metrics: [roc_auc, log_loss]", "metrics: [roc_auc, log_loss, selection_rate]")
    toy.edit("models/big.yml", "{window: 2 days}", "{window: 2 days, threshold: 0.2}")
    toy.edit("models/big.yml", "gates:", "gates:\n  - {metric: selection_rate, max: 0.0}")
    result = train("big", toy.open(DAY_80))
    project = toy.open(DAY_80)
    with project.warehouse(read_only=True) as warehouse:
        view = project.view_in(warehouse, "toy_view").table
        rows = view.filter(view.id.between(120, 159)).to_pyarrow()  # the last 20 days
    scores = load_model("big", result.version, project).score(rows)
    selected = float((scores >= 0.2).mean())
    assert selected > (scores >= 0.5).mean()
    (value,) = toy.sql(
        "select value from ml.metrics where metric = 'selection_rate' and split = 'test' and slice_by = 'all'"
    )[0]
    assert value == selected
    (gate,) = [gate for gate in result.gates if "selection_rate" in gate.gate]
    assert not gate.passed
    assert f"{selected:.4f}"[:5] in gate.detail
    assert np.isfinite(scores).all()
