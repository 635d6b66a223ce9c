"""Decision trees in a form that is the same for every library, and their tests on one value."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Below:
    """True for values below a threshold, or at it where it is `inclusive`; `single` values are rounded to float32 first."""

    threshold: float
    single: bool
    inclusive: bool

    def holds(self, values: np.ndarray) -> np.ndarray:
        """For float64 values without NaN, shape (values,)."""
        with np.errstate(over="ignore"):
            seen = values.astype(np.float32) if self.single else values
        limit = np.float32(self.threshold) if self.single and not self.inclusive else np.float64(self.threshold)
        found: np.ndarray = seen <= limit if self.inclusive else seen < limit
        return found


@dataclass(frozen=True)
class Among:
    """True for codes that are among these, or that are not where it is `negated`."""

    codes: frozenset[int]
    negated: bool

    def holds(self, values: np.ndarray) -> np.ndarray:
        return np.array([(int(value) in self.codes) != self.negated for value in values])


@dataclass(frozen=True)
class Leaf:
    """A value for each of the estimator's outputs that the tree adds to."""

    values: tuple[float, ...]


@dataclass(frozen=True)
class TreeSplit:
    """Where the test on a column of the matrix holds, `left`; a missing value goes left where `missing_left` says so."""

    place: int
    test: Below | Among
    missing_left: bool
    left: "TreeNode"
    right: "TreeNode"


TreeNode = Leaf | TreeSplit


@dataclass(frozen=True)
class Tree:
    """A tree, and the first of the outputs that its leaves add to."""

    root: TreeNode
    output: int = 0


def splits(node: TreeNode) -> list[TreeSplit]:
    """Every split of a tree."""
    found, waiting = [], [node]
    while waiting:
        each = waiting.pop()
        if isinstance(each, TreeSplit):
            found.append(each)
            waiting += [each.left, each.right]
    return found
