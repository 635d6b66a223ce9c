"""What identifies a question and its outcome: spines that ask about one thing again and again, and rows that are there twice.

Each build here is a `dbt run` or leaves tests out, so that what refuses bad rows is the view itself.
"""

import pytest
from cases import FACTS, at

NOW = "2024-05-02T00:00:00Z"
VISITS = [
    (1, "A", "X", at("10:00")),
    (2, "B", "X", at("10:00")),
    (3, "A", "X", at("12:00")),
    (4, "A", "X", at("14:00")),
]
OUTCOMES = [(1, True, at("11:00")), (2, False, at("11:00")), (3, False, at("13:00"))]


def fill(rule, questions=VISITS, **facts):
    rule.fill(questions=questions, **{**FACTS, "answers": OUTCOMES, **facts})


def refusal(rule, *arguments, now=NOW):
    done = rule.dbt(*arguments, now=now)
    assert done.returncode == 1, done.stdout
    return " ".join(done.stdout.split())


def test_each_question_of_a_shop_has_its_own_outcome(each_engine):
    fill(each_engine)
    for arguments in (["--full-refresh"], []):
        built = each_engine.dbt("build", "--select", "+visited", *arguments, now=NOW)
        assert built.returncode == 0, built.stdout
        assert each_engine.sql(
            "select shop, cast(asked_at as varchar), answer from visited order by asked_at, shop"
        ) == [
            ("A", "2024-05-01 10:00:00+00", True),
            ("B", "2024-05-01 10:00:00+00", False),
            ("A", "2024-05-01 12:00:00+00", False),
            ("A", "2024-05-01 14:00:00+00", None),
        ]


def test_a_label_that_does_not_say_of_which_question(each_engine):
    fill(each_engine)
    assert (
        "1 keys (shop) of the spine visits are asked about more than once, and the label takings_of_a_shop does not say which "
        "question an outcome is of; give it one row per question, with the column asked_at"
    ) in refusal(each_engine, "run", "--select", "+visited_by_shop")
    fill(each_engine, VISITS[:2])
    assert each_engine.dbt("run", "--select", "+visited_by_shop", now=NOW).returncode == 0


@pytest.mark.parametrize(
    ("questions", "answers", "message"),
    [
        ([*VISITS, VISITS[0]], OUTCOMES, "asof.unique_spine_rows would fail on visits (1 results), and a prediction would be made"),
        ([*VISITS, (9, None, "X", at("10:00"))], OUTCOMES, "asof.unique_spine_rows would fail on visits (1 results)"),
        ([*VISITS, (9, "C", "X", None)], OUTCOMES, "asof.unique_spine_rows would fail on visits (1 results)"),
        ([*VISITS, (9, "C", "X", "infinity")], OUTCOMES, "asof.unique_spine_rows would fail on visits (1 results)"),
        (VISITS, [*OUTCOMES, (1, False, at("11:00"))], "asof.unique_label_rows would fail on takings (1 results), and a question"),
        (
            VISITS,
            [*OUTCOMES, (4, True, at("14:00"))],
            "of 1 rows of the spine visits the outcome in takings was known at or before the question (answered_at <= asked_at)",
        ),
    ],
    ids=["question twice", "no key", "no moment", "endless moment", "outcome twice", "known before"],
)  # fmt: skip
def test_rows_that_are_no_question_or_outcome(each_engine, questions, answers, message):
    fill(each_engine, questions, answers=answers)
    assert message in refusal(each_engine, "run", "--full-refresh", "--select", "+visited")


def test_a_corrected_outcome_is_no_second_one(each_engine):
    fill(each_engine, answers=[*OUTCOMES, (1, False, at("18:00"))])
    assert each_engine.dbt("run", "--full-refresh", "--select", "+visited", now=NOW).returncode == 0
    assert each_engine.sql("select answer from visited where shop = 'A' order by asked_at") == [
        (False,),
        (False,),
        (None,),
    ]


def test_a_tie_that_no_test_looks_for(each_engine):
    """The row that wins would be the one that happens to be read last."""
    shop, happened, learned, _, _ = FACTS["prices"][0]
    fill(each_engine, prices=[*FACTS["prices"], (shop, happened, learned, 99, "twice")])
    message = "asof.unique_feature_rows would fail on prices (1 results), and the join would not know which of two rows of one"
    assert message in refusal(each_engine, "run", "--select", "+visited")
    assert message in refusal(each_engine, "build", "--exclude-resource-type", "test", "--select", "+visited")
    # where the test runs, it is the test that fails, and the view waits for it
    done = each_engine.dbt("build", "--select", "+visited", now=NOW)
    assert done.returncode == 1
    assert "Got 1 result, configured to fail if != 0" in done.stdout
    assert "SKIP" in done.stdout
