"""Models that decide by themselves what is new to them, and so what they will never read."""

import re
from collections.abc import Iterator

from asof.features.graph import Node, ViewParts
from asof.features.lineage.ancestry import Ancestry

_COMMENT = re.compile(r"\{#.*?#\}|--[^\n]*", re.DOTALL)
_OWN_ROWS = re.compile(r"\{\{-?\s*this\b[^}]*\}\}")


def deciding_by_their_own_rows(parts: ViewParts, ancestry: Ancestry) -> Iterator[tuple[Node, str]]:
    """The incremental models above a view that look into their own table for the newest row, with the text where they do.

    What reaches the warehouse later with an earlier time is then never read, nor the rest of an instant that came in halves.
    """
    for node in ancestry.graph.ancestors(parts.view):
        if node.kind != "model" or node.config.get("materialized") != "incremental" or node == parts.view:
            continue
        text = _COMMENT.sub("", node.written)
        found = _OWN_ROWS.search(text)
        if found and "is_incremental()" in text:
            line = next(line for line in text.splitlines() if found.group() in line)
            yield node, " ".join(line.split())
