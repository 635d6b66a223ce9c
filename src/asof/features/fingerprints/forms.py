"""Which form a part of a query has: what `meaning.py` asks of one node, without looking at the others."""

from sqlglot import exp

from asof.dbt_files.graph import Node


def group_key(key: exp.Expression, select: exp.Select) -> exp.Expression:
    """A group key, with what a position or an alias of the SELECT stands for."""
    if isinstance(key, exp.Literal) and not key.is_string:
        return select.selects[int(key.name) - 1].unalias()
    if isinstance(key, exp.Column) and not key.table:
        for projection in select.selects:
            if projection.alias_or_name.lower() == key.name.lower():
                return projection.unalias()
    return key


def column_names(item: exp.Expression | None) -> list[str]:
    """The names that an alias gives to the columns of what it stands for, as in `range(3) as t (n)`."""
    alias = item.args.get("alias") if item is not None else None
    return [name.name.lower() for name in alias.args.get("columns") or ()] if isinstance(alias, exp.TableAlias) else []


def as_text(table: exp.Table) -> str:
    """A table that is no node of the project, or a table function, without its alias."""
    copy = table.copy()
    copy.set("alias", None)
    return str(copy.sql(dialect="duckdb", comments=False))


def looks_at_rows(expression: exp.Expression, select: exp.Select) -> bool:
    return bool(expression.find(exp.Window)) or aggregates(expression) or select.args.get("group") is not None


def aggregates(expression: exp.Expression) -> bool:
    """Whether an expression aggregates rows, other than as a window."""
    return any(not isinstance(node.parent, exp.Window) for node in expression.find_all(exp.AggFunc))


def text_of(node: Node) -> str:
    """The whole text of a model that cannot be followed, the checksum of a seed; nothing for a source."""
    return " ".join((node.sql or node.written or node.checksum).split())
