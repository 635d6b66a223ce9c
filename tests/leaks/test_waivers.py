"""Waivers that are no waivers, and those that have outlived what they were for."""

import pytest

from asof.dbt_files.graph import Node
from asof.errors import ProjectError
from asof.leaks.lint.rules import VOLATILE, Finding
from asof.leaks.lint.waivers import check_waivers, unused_waivers


def node(waive):
    return Node("model.orders", "orders", "model", ("shop", "main", "orders"), meta={"waive": waive})


@pytest.mark.parametrize(
    ("waive", "message"),
    [
        ({"volatil": "why"}, "dbt model orders: meta.asof.waive: no rule 'volatil' (did you mean 'volatile'?)"),
        (
            {"volatile": ""},
            "dbt model orders: meta.asof.waive: 'volatile' has no reason; write volatile: why it is safe",
        ),
        ({"volatile": True}, "'volatile' has no reason"),
        (
            ["volatile"],
            "dbt model orders: meta.asof.waive is ['volatile'], expected a reason for each rule; write waive:",
        ),
    ],
)
def test_a_wrong_waiver_is_refused(waive, message):
    with pytest.raises(ProjectError) as refused:
        check_waivers(node(waive))
    assert message in str(refused.value)


def test_a_waiver_that_waives_nothing_is_named():
    found = Finding(
        VOLATILE.name, "error", "view", "orders", "", "now()", ["x"], VOLATILE.wrong, VOLATILE.remedy, waived="why"
    )
    waived = node({"volatile": "why", "looks-ahead": "long ago"})
    assert unused_waivers([waived], [found]) == [("orders", "looks-ahead")]
    assert unused_waivers([waived], []) == [("orders", "volatile"), ("orders", "looks-ahead")]
