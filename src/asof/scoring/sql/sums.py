"""What an estimator adds up for each of its outputs, as SQL: the trees of an ensemble in groups, or a linear model's terms."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from asof.errors import CompileError
from asof.scoring.encode.numbers import Arithmetic, Clip, Fill, Numbers
from asof.scoring.encode.texts import Text
from asof.scoring.sql.ensembles import Ensemble
from asof.scoring.sql.inputs import NULL, Inputs
from asof.scoring.sql.tree import Leaf, TreeNode, splits
from asof.scoring.sql.words import number, total

_GROUPS = 30


@dataclass(frozen=True)
class Sums:
    """For each output what it begins with, and the parts that are added to it, each to be a column of its own.

    `required` are features without whose value there is no score, as the estimator refuses the row.
    """

    base: list[float]
    parts: list[list[str]]
    required: list[str]


def sums_of_trees(ensemble: Ensemble, inputs: Inputs) -> Sums:
    """About thirty parts for each output: one huge sum is slow to run, hundreds of columns are slow to plan."""
    inputs.prepare([split for tree in ensemble.trees for split in splits(tree.root)])
    terms: list[list[str]] = [[] for _ in ensemble.base]
    for tree in ensemble.trees:
        width = _width(tree.root)
        for n in range(width):
            terms[tree.output + n].append(_case(tree.root, inputs, n, "    "))
    parts = []
    for each in terms:
        size = max(1, -(-len(each) // _GROUPS))
        parts.append([" + ".join(each[start : start + size]) for start in range(0, len(each), size)])
    required = [] if ensemble.takes_missing else _nullable(inputs)
    return Sums(ensemble.base, parts, required)


def _width(node: TreeNode) -> int:
    while not isinstance(node, Leaf):
        node = node.left
    return len(node.values)


def _case(node: TreeNode, inputs: Inputs, output: int, indent: str) -> str:
    """A tree as nested CASE."""
    if isinstance(node, Leaf):
        return number(node.values[output])
    side = inputs.side(node)
    first, second = (node.left, node.right) if side.holds_left else (node.right, node.left)
    if side.condition is None:
        return _case(first, inputs, output, indent)
    deeper = indent + "  "
    then, other = (_case(each, inputs, output, deeper) for each in (first, second))
    return f"case\n{deeper}when {side.condition} then {then}\n{deeper}else {other}\n{indent}end"


def _nullable(inputs: Inputs) -> list[str]:
    """Features without a value where their column of the matrix has none. Raises CompileError for a text among them."""
    sources, texts = inputs.columns.sources, {text.feature for text in inputs.columns.texts}
    found = sorted({sources[place] for place in range(inputs.columns.width) if not inputs.never_null(place)})
    for name in found:
        if name in texts:
            raise CompileError(
                f"an encoder that gives no code to some texts ({name}), which the estimator would refuse"
            )
    return found


def sums_of_linear(model: Any, inputs: Inputs) -> Sums:
    """Of a linear model: an intercept, and a coefficient for each column of the matrix."""
    coefficients = np.atleast_2d(np.asarray(model.coef_, dtype=float))
    intercepts = np.broadcast_to(np.ravel(model.intercept_).astype(float), (len(coefficients),))
    parts = []
    for row in coefficients:
        terms = [term for text in inputs.columns.texts for term in _text_terms(text, row, inputs)]
        terms += [term for block in inputs.columns.numbers for term in _number_terms(block, row, inputs)]
        parts.append([total(terms)])
    return Sums([float(value) for value in intercepts], parts, _nullable(inputs))


def _text_terms(text: Text, row: np.ndarray, inputs: Inputs) -> list[str]:
    """What a text adds, by its value."""
    added = text.table @ row[text.places]
    if not added.any():
        return []
    *known, unseen, null = added
    cases = "\n".join(f"      when {code} then {number(value)}" for code, value in [*enumerate(known), (NULL, null)])
    return [f"case {inputs.name(text.feature)}\n{cases}\n      else {number(unseen)}\n    end"]


def _number_terms(block: Numbers, row: np.ndarray, inputs: Inputs) -> list[str]:
    """What numbers add: their steps written out."""
    expressions = [inputs.name(feature) for feature in block.features]
    for step in block.steps:
        expressions = _written(step, expressions)
    return [
        f"{number(row[place])} * {expression}"
        for place, expression in zip(block.places, expressions, strict=True)
        if row[place]
    ]


def _written(step: Any, columns: list[str]) -> list[str]:
    if isinstance(step, Arithmetic):
        operand = np.broadcast_to(step.operand, (len(columns),))
        return [f"({column} {step.operator} {number(value)})" for column, value in zip(columns, operand, strict=True)]
    if isinstance(step, Clip):
        # `least` and `greatest` pass over NULL in some engines
        return [
            f"case when {column} < {number(step.low)} then {number(step.low)} "
            f"when {column} > {number(step.high)} then {number(step.high)} else {column} end"
            for column in columns
        ]
    if isinstance(step, Fill):
        filled = [
            columns[n] if np.isnan(step.values[n]) else f"coalesce({columns[n]}, {number(step.values[n])})"
            for n in step.kept
        ]
        return filled + [f"case when {columns[n]} is null then 1e0 else 0e0 end" for n in step.marks]
    raise CompileError(f"{type(step).__name__}")
