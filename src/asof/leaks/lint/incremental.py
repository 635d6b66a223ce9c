"""Incremental models that take only rows newer than their own newest row."""

import re
from collections.abc import Iterator

from asof.dbt_files.graph import Node, ViewParts
from asof.features.lineage.ancestry import Ancestry

_COMMENT = re.compile(r"\{#.*?#\}|--[^\n]*", re.DOTALL)
_OWN_ROWS = re.compile(r"\{\{-?\s*this\b[^}]*\}\}")


def deciding_by_their_own_rows(parts: ViewParts, ancestry: Ancestry) -> Iterator[tuple[Node, str]]:
    """Yields each incremental model above a view that queries its own table (`this`), with the line that does.

    Such a model never reads a row that arrives later with an earlier time, nor the second load of one instant.
    """
    for node in ancestry.graph.ancestors(parts.view):
        if node.kind != "model" or node.config.get("materialized") != "incremental" or node == parts.view:
            continue
        text = _COMMENT.sub("", node.written)
        found = _OWN_ROWS.search(text)
        if found and "is_incremental()" in text:
            line = next(line for line in text.splitlines() if found.group() in line)
            yield node, " ".join(line.split())
