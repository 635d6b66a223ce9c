"""Which tables hold rows of more than one SQL: a view V made of a group G made of a snapshot S, by hand.

V and G are incremental. A letter is a hash of the source; days are counted from the first.
"""

from datetime import UTC, datetime, timedelta

import pytest

from asof.features.changed_sql import ModelBuild, changed_models

PARENTS = {"V": ["G"], "G": ["S"], "S": []}


def built(day, full=False, **sources):
    return ModelBuild(datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=day), full, sources)


def history(*days):
    """Builds of all three, from (day, models that were built in full, source of S, of G, of V)."""
    builds = {"S": [], "G": [], "V": []}
    for day, full, s, g, v in days:
        builds["S"].append(built(day, "S" in full, S=s))
        builds["G"].append(built(day, "G" in full, S=s, G=g))
        builds["V"].append(built(day, "V" in full, S=s, G=g, V=v))
    return builds


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ([(0, "", *"sgv"), (1, "", *"sgv"), (2, "GV", *"sgv"), (3, "", *"sgv")], {}),
        ([(0, "", *"sgv"), (1, "", *"sgW")], {"V": ["V"]}),
        ([(0, "", *"sgv"), (1, "", *"sHv")], {"V": ["G"], "G": ["G"]}),
        # the group is right by now; it was not when the view read it
        ([(0, "", *"sgv"), (1, "", *"sHv"), (2, "G", *"sHv")], {"V": ["G"], "G": ["G"]}),
        ([(0, "", *"sgv"), (1, "", *"sHv"), (2, "GV", *"sHv"), (3, "", *"sHv")], {}),
        # the view alone, built in full from a group that is still mixed
        ([(0, "", *"sgv"), (1, "", *"sHv"), (2, "V", *"sHv")], {"G": ["G"]}),
        # then the group: the view still has what it took from it
        ([(0, "", *"sgv"), (1, "", *"sHv"), (2, "V", *"sHv"), (3, "G", *"sHv")], {"G": ["G"]}),
        ([(0, "", *"sgv"), (1, "", *"sHv"), (2, "V", *"sHv"), (3, "G", *"sHv"), (4, "V", *"sHv")], {}),
        ([(0, "", *"sgv"), (1, "GV", *"Tgv")], {"S": ["S"]}),
        ([(0, "", *"sgv"), (1, "SGV", *"Tgv")], {}),
    ],
)
def test_changed_models(days, expected):
    assert changed_models("V", PARENTS, history(*days)) == expected


def test_a_model_above_that_came_new():
    builds = {"V": [built(0, V="v", G="g"), built(1, V="v", G="g", H="h")]}
    assert changed_models("V", {"V": ["G", "H"]}, builds) == {"V": ["H"]}


def test_a_table_that_is_made_anew_each_time_is_as_its_parents_are():
    """T has no builds on record: it holds what S holds when V reads it."""
    builds = {"S": [built(0, S="s"), built(1, S="t")], "V": [built(2, full=True, S="t", T="x", V="v")]}
    assert changed_models("V", {"V": ["T"], "T": ["S"]}, builds) == {"S": ["S"]}
