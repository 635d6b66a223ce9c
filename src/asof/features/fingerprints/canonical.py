"""An expression of SQL in canonical form, as a hash: equal for expressions that mean the same.

White space, comments, quoting, parentheses, the case of names and aliases do not show. The two operands of a commutative
operator stand in one order, and so do the terms of AND and OR, the values of IN and the columns that a window is partitioned
by. Everything else does show: `a + b + c` grouped in another way is another sum of floating-point numbers.
"""

import hashlib
from collections.abc import Callable, Iterator

from sqlglot import exp

from asof.features.fingerprints.portable import CLOCK

# What a column or a subquery is in the canonical form of the expression around it.
Resolve = Callable[[exp.Expression], str | None]

_COMMUTATIVE = (exp.Add, exp.Mul, exp.EQ, exp.NEQ, exp.NullSafeEQ, exp.NullSafeNEQ, exp.BitwiseAnd, exp.BitwiseOr)
_MIRRORED = {exp.GT: exp.LT, exp.GTE: exp.LTE}
_UNORDERED = {(exp.In, "expressions"), (exp.Window, "partition_by")}
_IGNORED = {"comments", "quoted"}


def canonical(expression: exp.Expression, resolve: Resolve) -> str:
    """The hash of an expression's canonical form. `resolve` gives the text for a column or a subquery, None for any other node.

    Example: `canonical(parse_one("b + a"), names)` equals `canonical(parse_one("(A) + b -- sum"), names)`.
    """
    return _Writer(resolve).write(expression)


def digest(*parts: str) -> str:
    """SHA-256 of some texts in their order, 64 hexadecimal digits."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


class _Writer:
    """Writes nodes; each method takes one kind of them, and returns None for others."""

    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve

    def write(self, node: object) -> str:
        if isinstance(node, list):
            return f"[{' '.join(map(self.write, node))}]"
        if not isinstance(node, exp.Expression):
            return repr(node)
        for form in (self._resolve, self._wrapped, self._leaf):
            text = form(node)
            if text is not None:
                return text
        # each part is a hash, so that an expression is the same whether a CTE or model computes a part of it or not
        return digest(self._operator(node) or f"{node.key}{''.join(self._arguments(node))}")

    def _wrapped(self, node: exp.Expression) -> str | None:
        return self.write(node.this) if isinstance(node, (exp.Paren, exp.Alias)) else None

    def _leaf(self, node: exp.Expression) -> str | None:
        if isinstance(node, exp.Identifier):
            return str(node.name).lower()
        if isinstance(node, exp.Literal):
            return repr(node.name) if node.is_string else str(node.name)
        return f"<now> as {self.write(node.args['to'])}" if _is_clock(node) else None

    def _operator(self, node: exp.Expression) -> str | None:
        if isinstance(node, (exp.And, exp.Or)):
            return f"({node.key} {' '.join(sorted({self.write(term) for term in _terms(node, type(node))}))})"
        if isinstance(node, _COMMUTATIVE):
            return f"({node.key} {' '.join(sorted((self.write(node.this), self.write(node.expression))))})"
        if isinstance(node, exp.Anonymous):  # a function by its name, which has no case
            return f"({node.name.lower()} {' '.join(map(self.write, node.expressions))})"
        if isinstance(node, (exp.LT, exp.LTE)):
            return f"({node.key} {self.write(node.this)} {self.write(node.expression)})"
        for greater, less in _MIRRORED.items():
            if isinstance(node, greater):
                return f"({less.key} {self.write(node.expression)} {self.write(node.this)})"
        return None

    def _arguments(self, node: exp.Expression) -> Iterator[str]:
        for name, value in sorted(node.args.items()):
            if name in _IGNORED or value is None or value is False or value == []:
                continue
            if isinstance(value, list) and any(isinstance(node, kind) and name == key for kind, key in _UNORDERED):
                yield f" {name}=[{' '.join(sorted(map(self.write, value)))}]"
            else:
                yield f" {name}={self.write(value)}"


def _terms(expression: exp.Expression, connector: type[exp.Connector]) -> Iterator[exp.Expression]:
    """The terms that AND, or OR, joins; another expression is the one term."""
    inner = expression.unnest()
    if isinstance(inner, connector):
        yield from _terms(inner.this, connector)
        yield from _terms(inner.expression, connector)
    else:
        yield inner


def _is_clock(node: exp.Expression) -> bool:
    return isinstance(node, exp.Cast) and isinstance(node.this, exp.Literal) and node.this.name == CLOCK
