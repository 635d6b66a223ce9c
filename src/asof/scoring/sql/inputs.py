"""The columns that compiled SQL reads: each feature once, as a number, or for text as the number of its value.

A test on a column of the estimator's matrix becomes one on the feature itself. Scalers disappear: for each threshold the
smallest double is found, by bisection over all doubles, whose scaled and rounded value reaches it; so the side is the same
for every value, without 32-bit arithmetic in SQL.
"""

from dataclasses import dataclass, field

import numpy as np

from asof.errors import CompileError
from asof.features.signature import FeatureSchema
from asof.scoring.encode.columns import Columns
from asof.scoring.encode.numbers import Arithmetic, Numbers
from asof.scoring.encode.texts import Text
from asof.scoring.sql.tree import Among, Below, TreeSplit
from asof.scoring.sql.words import column, number
from asof.warehouse.sql import literal

UNSEEN, NULL = -1, -2
_TOP_BIT = np.uint64(1 << 63)


@dataclass(frozen=True)
class Side:
    """A split in SQL: where the condition holds one branch, else the other; without a condition always the same one."""

    condition: str | None
    holds_left: bool


@dataclass
class Inputs:
    """What is known of each column of the matrix. Remembers which features were asked for."""

    columns: Columns
    schema: FeatureSchema
    used: set[str] = field(default_factory=set)
    limits: dict[tuple[int, Below], float] = field(default_factory=dict)
    nulls: dict[int, np.ndarray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.text_at = {place: (text, n) for text in self.columns.texts for n, place in enumerate(text.places)}
        self.number_at = {place: (block, n) for block in self.columns.numbers for n, place in enumerate(block.places)}

    def name(self, feature: str) -> str:
        """A feature in SQL, which is read from now on."""
        self.used.add(feature)
        return column(feature)

    def prepare(self, found: list[TreeSplit]) -> None:
        """Finds the limits of all thresholds of a column together."""
        wanted: dict[tuple[int, bool, bool], set[float]] = {}
        for split in found:
            if isinstance(split.test, Below) and split.place in self.number_at:
                test = split.test
                wanted.setdefault((split.place, test.single, test.inclusive), set()).add(test.threshold)
        for (place, single, inclusive), thresholds in wanted.items():
            block, output = self.number_at[place]
            tests = [Below(threshold, single, inclusive) for threshold in sorted(thresholds)]
            for test, limit in zip(tests, _limits(block, output, tests), strict=True):
                self.limits[place, test] = limit

    def side(self, split: TreeSplit) -> Side:
        """A split as SQL."""
        if split.place in self.text_at:
            return self._text_side(split, *self.text_at[split.place])
        block, output = self.number_at[split.place]
        feature = block.outputs[output].feature
        if isinstance(split.test, Among):
            raise CompileError(f"numbers as categories ({feature})")
        null_left = bool(self._goes_left(split, self._value_of_null(split.place))[0])
        if block.outputs[output].is_mark:
            any_number = _value_at(block, output, np.array([0.0]))
            return self._side_of_null(feature, null_left, bool(self._goes_left(split, any_number)[0]))
        limit = self.limits[split.place, split.test]
        if np.isinf(limit):  # every number goes to one side
            return self._side_of_null(feature, null_left, limit > 0)
        if null_left:  # a comparison with NULL does not hold: it goes where the CASE ends
            return Side(f"{self.name(feature)} >= {number(limit)}", holds_left=False)
        return Side(f"{self.name(feature)} < {number(limit)}", holds_left=True)

    def _side_of_null(self, feature: str, null_left: bool, number_left: bool) -> Side:
        """A split that looks at nothing but whether there is a value."""
        if number_left == null_left:
            return Side(None, null_left)
        return Side(f"{self.name(feature)} is null", null_left)

    def _value_of_null(self, place: int) -> np.ndarray:
        """What a column of the matrix has where its feature has no value; shape (1,)."""
        if place not in self.nulls:
            self.nulls[place] = _value_at(*self.number_at[place], np.array([np.nan]))
        return self.nulls[place]

    def _goes_left(self, split: TreeSplit, values: np.ndarray) -> np.ndarray:
        missing = np.isnan(values)
        found = np.where(missing, split.missing_left, False)
        if not missing.all():
            found[~missing] = split.test.holds(values[~missing])
        return found

    def _text_side(self, split: TreeSplit, text: Text, output: int) -> Side:
        left = self._goes_left(split, text.table[:, output])
        codes = np.array([*range(len(text.values)), UNSEEN, NULL])
        if left.all() or not left.any():
            return Side(None, bool(left.all()))
        few_left = left.sum() <= len(left) / 2
        chosen = codes[left if few_left else ~left]
        name = self.name(text.feature)
        if len(chosen) == 1:
            return Side(f"{name} = {chosen[0]}", bool(few_left))
        # Long IN lists crash DuckDB 1.5.
        return Side(f"list_contains([{', '.join(map(str, chosen))}], {name})", bool(few_left))

    def never_null(self, place: int) -> bool:
        """Whether a column of the matrix has a value where its feature has none."""
        if place in self.text_at:
            text, output = self.text_at[place]
            return not np.isnan(text.table[:, output]).any()
        return not np.isnan(self._value_of_null(place)).any()

    def read(self) -> list[str]:
        """The features that were asked for, as the first step of the SELECT reads them."""
        texts = {text.feature: text for text in self.columns.texts}
        kinds = {feature.name: feature for feature in self.schema.features}
        lines = []
        for name in self.schema.names:
            if name not in self.used:
                continue
            source = column(name)
            if name in texts:
                if any("\0" in str(value) for value in texts[name].values):
                    raise CompileError(f"the feature '{name}' with a NUL character in a category")
                cases = " ".join(f"when {literal(value)} then {code}" for code, value in enumerate(texts[name].values))
                coded = f"case {source} {cases} else {UNSEEN} end" if cases else str(UNSEEN)
                lines.append(f"case when {source} is null then {NULL} else {coded} end as {source}")
            elif kinds[name].kind == "boolean":
                lines.append(f"case when {source} then 1e0 when not {source} then 0e0 end as {source}")
            elif kinds[name].type.startswith("float"):
                lines.append(f"nullif(cast({source} as double), cast('nan' as double)) as {source}")
            else:
                lines.append(f"cast({source} as double) as {source}")
        return lines


def _value_at(block: Numbers, output: int, values: np.ndarray) -> np.ndarray:
    """What becomes of values of the feature that an output is made of, the block's other features being 0."""
    feature = block.features.index(block.outputs[output].feature)
    rows = np.zeros((len(values), len(block.features)))
    rows[:, feature] = values
    with np.errstate(over="ignore", invalid="ignore"):
        found: np.ndarray = block(rows)[:, output]
    return found


def _limits(block: Numbers, output: int, tests: list[Below]) -> list[float]:
    """For each test the smallest double for which it does not hold: infinity if there is none, minus infinity if all are."""
    place = block.features.index(block.outputs[output].feature)
    for step in block.steps:
        if isinstance(step, Arithmetic) and step.operator in "*/" and (np.asarray(step.operand) <= 0).any():
            raise CompileError(f"a scaler that turns {block.features[place]} around")
    low = np.full(len(tests), _key(np.array([-np.finfo(float).max]))[0])
    high = np.full(len(tests), _key(np.array([np.finfo(float).max]))[0])
    while (low < high).any():
        middle = low + (high - low) // np.uint64(2)
        holds = _hold(tests, _value_at(block, output, _double(middle)))
        low, high = np.where(holds, middle + np.uint64(1), low), np.where(holds, high, middle)
    limits = _double(low)
    largest, smallest = np.array([np.finfo(float).max]), np.array([-np.finfo(float).max])
    for n, test in enumerate(tests):
        if test.holds(_value_at(block, output, largest))[0]:
            limits[n] = np.inf
        elif not test.holds(_value_at(block, output, smallest))[0]:
            limits[n] = -np.inf
    return [float(limit) for limit in limits]


def _hold(tests: list[Below], values: np.ndarray) -> np.ndarray:
    """Each test on a value of its own; they differ in their thresholds alone."""
    first = tests[0]
    with np.errstate(over="ignore"):
        seen = values.astype(np.float32) if first.single else values
    thresholds = np.array([test.threshold for test in tests])
    if first.single and not first.inclusive:
        thresholds = thresholds.astype(np.float32)
    return seen <= thresholds if first.inclusive else seen < thresholds


def _key(values: np.ndarray) -> np.ndarray:
    """Doubles as integers in the same order."""
    bits = values.view(np.uint64)
    return np.where(bits & _TOP_BIT, ~bits, bits | _TOP_BIT)


def _double(keys: np.ndarray) -> np.ndarray:
    return np.where(keys & _TOP_BIT, keys ^ _TOP_BIT, ~keys).view(np.float64)
