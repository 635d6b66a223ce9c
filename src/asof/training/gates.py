"""Holds the measurements of a candidate against the gates of its spec. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from asof.spec.metric_names import METRICS, Problem
from asof.spec.model_spec import Gate, ModelSpec
from asof.training.evaluate import ALL, Measurement


@dataclass(frozen=True)
class GateResult:
    """One gate with its figures: `value` is what was measured, or the gain over the other side."""

    gate: str
    passed: bool
    value: float | None
    limit: float
    detail: str


def check_gates(spec: ModelSpec, measurements: Sequence[Measurement]) -> list[GateResult]:
    """Each gate of the spec on the test split. A metric that is not defined there does not pass."""
    test = [measurement for measurement in measurements if measurement.split == "test"]
    return [_check(gate, spec.problem, test) for gate in spec.gates]


def _check(gate: Gate, problem: Problem, test: list[Measurement]) -> GateResult:
    mine = [m for m in test if m.metric == gate.metric and m.slice_by == (gate.slice or ALL)]
    if gate.versus is not None:
        return _check_versus(gate, METRICS[problem][gate.metric], mine[0])
    limit = gate.min if gate.min is not None else gate.max
    assert limit is not None, "the spec holds that a gate has one condition"
    name = f"{gate.metric} {'>=' if gate.min is not None else '<='} {limit:g}"
    if gate.slice is not None:
        name += f" for every {gate.slice}"
    undefined = [m for m in mine if m.value is None]
    if undefined or not mine:
        return GateResult(name, False, None, limit, f"not defined for {', '.join(m.slice for m in undefined) or 'any row'}")
    worst = min(mine, key=lambda m: (m.value or 0.0) * (1 if gate.min is not None else -1))
    value = worst.value or 0.0
    passed = value >= limit if gate.min is not None else value <= limit
    where = "" if worst.slice == ALL else f" for {worst.slice_by} {worst.slice}"
    return GateResult(name, passed, value, limit, f"{value:.4f}{where} on {worst.row_count} rows")


def _check_versus(gate: Gate, greater_is_better: bool, mine: Measurement) -> GateResult:
    other = mine.champion_value if gate.versus == "champion" else mine.baseline_value
    drop = gate.max_drop is not None
    limit = gate.max_drop if gate.max_drop is not None else gate.min_gain
    assert limit is not None, "the spec holds that a gate has one condition"
    name = f"{gate.metric} at most {limit:g} worse" if drop else f"{gate.metric} at least {limit:g} better"
    name += f" than the {gate.versus}"
    if other is None and gate.versus == "champion":
        return GateResult(name, True, None, limit, "there is no champion yet")
    if mine.value is None or other is None:
        return GateResult(name, False, None, limit, "not defined on these rows")
    gain = (mine.value - other) * (1 if greater_is_better else -1)
    passed = gain >= (-limit if drop else limit)
    return GateResult(name, passed, gain, limit, f"{mine.value:.4f} against {other:.4f} on {mine.row_count} rows")
