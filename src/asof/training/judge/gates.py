"""Holds the measurements of a candidate against the gates of its spec. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from asof.metrics.catalog import METRICS
from asof.metrics.metric import Problem
from asof.model_spec.spec import Gate, ModelSpec
from asof.scoring.parity import Parity
from asof.training.judge.evaluate import ALL, DIFFERENCE, Measurement

_SHOWN = 3
_RIVALS = {"champion": "champion", "baseline": "baseline", "linear": "linear model"}


@dataclass(frozen=True)
class GateResult:
    """One gate with its figures: `value` is what was measured, or the gain over the other side."""

    gate: str
    passed: bool
    value: float | None
    limit: float
    detail: str


def check_gates(spec: ModelSpec, measurements: Sequence[Measurement], *, has_champion: bool) -> list[GateResult]:
    """Each gate of the spec on the test split. A metric that is not defined there does not pass."""
    test = [measurement for measurement in measurements if measurement.split == "test"]
    return [_check(gate, spec.problem, test, has_champion=has_champion) for gate in spec.gates]


def parity_gates(parity: Parity) -> list[GateResult]:
    """A gate that did not pass for the function in DuckDB, and for the SQL, where they do not score as the estimator does."""
    return [
        GateResult(
            f"parity of the {way} with the estimator",
            passed=False,
            value=float(len(rows)),
            limit=0.0,
            detail=f"{len(rows)} of {parity.rows} rows differ, such as {'; '.join(rows[:_SHOWN])}",
        )
        for way, rows in (("function in DuckDB", parity.function), ("compiled SQL", parity.sql))
        if rows
    ]


def _check(gate: Gate, problem: Problem, test: list[Measurement], *, has_champion: bool) -> GateResult:
    mine = [m for m in test if m.metric == gate.metric and m.slice_by == (gate.slice or ALL)]
    if gate.versus is not None:
        return _check_versus(
            gate, bool(METRICS[problem][gate.metric].greater_is_better), mine[0], has_champion=has_champion
        )
    condition, limit = gate.condition
    if condition == "max_difference":
        return _check_difference(gate, limit, mine)
    name = f"{gate.metric} {'>=' if condition == 'min' else '<='} {limit:g}"
    if gate.slice is not None:
        name += f" for every {gate.slice}"
    large = [m for m in mine if not m.small and m.slice != DIFFERENCE]
    note = _small(sum(1 for m in mine if m.small))
    if not large:
        return GateResult(name, passed=False, value=None, limit=limit, detail=f"no slice to judge{note}")
    defined = [(m.value, m) for m in large if m.value is not None]
    if len(defined) < len(large):
        missing = ", ".join(m.slice for m in large if m.value is None)
        return GateResult(name, passed=False, value=None, limit=limit, detail=f"not defined for {missing}")
    pick = min if condition == "min" else max
    value, worst = pick(defined, key=lambda pair: pair[0])
    passed = value >= limit if condition == "min" else value <= limit
    where = "" if worst.slice_by == ALL else f" for {worst.slice_by} {worst.slice}"
    return GateResult(name, passed, value, limit, f"{value:.4f}{where} on {worst.row_count} rows{note}")


def _check_difference(gate: Gate, limit: float, mine: list[Measurement]) -> GateResult:
    name = f"{gate.metric} differs by at most {limit:g} between any two of {gate.slice}"
    groups = [(m.value, m.slice) for m in mine if not m.small and m.slice != DIFFERENCE and m.value is not None]
    note = _small(sum(1 for m in mine if m.small))
    if len(groups) < 2:
        return GateResult(name, passed=False, value=None, limit=limit, detail=f"fewer than two groups to compare{note}")
    (low, least), (high, most) = min(groups), max(groups)
    figures = f"{low:.4f} for {least}, {high:.4f} for {most}{note}"
    return GateResult(name, high - low <= limit, high - low, limit, figures)


def _small(count: int) -> str:
    return f"; {count} {'slice is' if count == 1 else 'slices are'} too small to judge" if count else ""


def _check_versus(gate: Gate, greater_is_better: bool, mine: Measurement, *, has_champion: bool) -> GateResult:
    others = {"champion": mine.champion_value, "baseline": mine.baseline_value, "linear": mine.linear_value}
    other = others[str(gate.versus)]
    condition, limit = gate.condition
    least = -limit if condition == "max_drop" else limit
    name = f"{gate.metric} at {'most' if condition == 'max_drop' else 'least'} {limit:g} "
    name += f"{'worse' if condition == 'max_drop' else 'better'} than the {_RIVALS[str(gate.versus)]}"
    if gate.versus == "champion" and not has_champion:
        return GateResult(name, passed=True, value=None, limit=limit, detail="there is no champion yet")
    if mine.value is None or other is None:
        return GateResult(name, passed=False, value=None, limit=limit, detail="not defined on these rows")
    gain = (mine.value - other) * (1 if greater_is_better else -1)
    figures = f"{mine.value:.4f} against {other:.4f} on {mine.row_count} rows"
    return GateResult(name, gain >= least, gain, limit, figures)
