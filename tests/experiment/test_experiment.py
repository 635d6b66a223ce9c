"""Experiments from end to end: who falls on which side, what is read out against an oracle, and what promotion demands."""

import hashlib
import math
from collections import defaultdict
from datetime import timedelta

import numpy as np
import pytest
from shop import END, QUESTIONS, TRAINED

from asof import predict, promote
from asof.errors import RegistryError

READOUT = "main_shop.answer_experiment"
DUE = QUESTIONS - 1 - 2000


def place(customer: int) -> float:
    """Where a customer falls between 0 and 1, worked out in Python."""
    return int(hashlib.md5(f"winter|{customer}".encode(), usedforsecurity=False).hexdigest()[:8], 16) / 2**32


def test_a_unit_is_always_on_one_side(compared):
    rows = compared.sql(
        """
        select alias, customer_id, count(*) from predictions.answer
        inner join main_shop.questions using (question_id) where alias <> 'shadow' group by all
        """
    )
    assert sum(count for *_, count in rows) == DUE
    assert {(alias, customer) for alias, customer, _ in rows} == {
        ("challenger" if place(customer) < 0.3 else "champion", customer) for _, customer, _ in rows
    }
    assert len({customer for _, customer, _ in rows}) == len(rows) == 800


def test_a_shadow_scores_everything(compared):
    rows = compared.sql(
        "select alias, version, count(*), count(distinct question_id) from predictions.answer group by all"
    )
    found = {alias: (version, count, questions) for alias, version, count, questions in rows}
    assert found["shadow"] == (2, DUE - found["challenger"][1], DUE - found["challenger"][1])
    assert found["champion"][1] + found["challenger"][1] == DUE


def oracle(rows, effect=0.02, alpha=0.05):
    """The readout in plain Python: by arm units, mean loss, difference, bounds and p-value."""
    losses = defaultdict(lambda: defaultdict(list))
    for alias, customer, score, label in rows:
        losses[alias][customer].append((score - label) ** 2)
    units = {alias: {c: sum(v) / len(v) for c, v in each.items()} for alias, each in losses.items()}
    champion = units["champion"]
    found = {}
    for alias, each in units.items():
        values = np.array(list(each.values()))
        if alias == "champion":
            found[alias] = (len(values), values.mean(), None, None, None)
            continue
        if alias == "shadow":
            both = np.array([each[c] - champion[c] for c in each if c in champion])
            difference, noise = both.mean(), both.var(ddof=1) / len(both)
        else:
            others = np.array(list(champion.values()))
            difference = values.mean() - others.mean()
            noise = values.var(ddof=1) / len(values) + others.var(ddof=1) / len(others)
        likelihood = math.sqrt(noise / (noise + effect**2)) * math.exp(
            effect**2 * difference**2 / (2 * noise * (noise + effect**2))
        )
        # the bounds are where the likelihood ratio reaches 1 / alpha, found by bisection
        low, high = 0.0, 10.0
        for _ in range(200):
            middle = (low + high) / 2
            power = effect**2 * middle**2 / (2 * noise * (noise + effect**2))
            reached = 0.5 * math.log(noise / (noise + effect**2)) + power >= math.log(1 / alpha)
            low, high = (low, middle) if reached else (middle, high)
        found[alias] = (len(values), values.mean(), difference, high, min(1.0, 1 / likelihood))
    return found


def matured(shop, now=END):
    return shop.sql(
        """
        select p.alias, v.customer_id, p.score, v.is_yes::integer from predictions.answer as p
        inner join main_shop.questions_known as v using (question_id) where v.label_known_at <= ?
        """,
        [now],
    )


def test_the_readout_is_that_of_the_oracle(compared):
    expected = oracle(matured(compared))
    rows = compared.sql(
        f"select alias, units, value, difference, (difference_high - difference_low) / 2, p_value, verdict, share from {READOUT}"
    )
    assert {row[0] for row in rows} == {"champion", "challenger", "shadow"}
    for alias, units, value, difference, radius, p_value, _, share in rows:
        assert (units, value) == (expected[alias][0], pytest.approx(expected[alias][1], rel=1e-9))
        if alias != "champion":
            assert (difference, radius) == (
                pytest.approx(expected[alias][2], rel=1e-9),
                pytest.approx(expected[alias][3], rel=1e-6),
            )
            assert p_value == pytest.approx(expected[alias][4], rel=1e-6, abs=1e-300)
        assert share == (None if alias == "shadow" else expected[alias][0] / 800)
    assert {row[0]: row[6] for row in rows} == {"champion": None, "challenger": "won", "shadow": "won"}


def test_looking_every_day_finds_nothing_where_there_is_nothing():
    """Of 2,000 experiments without a difference, looked at 40 times, at most a twentieth may find one; the usual test at
    each look would find one in about a third."""
    rng = np.random.default_rng(5)
    effect, alpha, sequential, usual = 0.1, 0.05, 0, 0
    for _ in range(2000):
        one, other = rng.normal(size=(2, 4000))
        looks = np.arange(100, 4001, 100)
        means = (np.cumsum(one)[looks - 1] - np.cumsum(other)[looks - 1]) / looks
        noise = 2 / looks
        ratio = np.sqrt(noise / (noise + effect**2)) * np.exp(effect**2 * means**2 / (2 * noise * (noise + effect**2)))
        sequential += (ratio > 1 / alpha).any()
        usual += (np.abs(means) > 1.96 * np.sqrt(noise)).any()
    assert sequential / 2000 < alpha
    assert usual / 2000 > 0.25


def test_an_uneven_split_is_no_verdict(compared):
    """A third of the challenger's customers are lost, as by a bug: chi-squared is worked out by hand."""
    compared.sql("create table kept as from predictions.answer")
    lost = [c for c in range(800) if place(c) < 0.1]
    compared.sql(
        f"delete from predictions.answer where alias = 'challenger' and question_id in "
        f"(select question_id from main_shop.questions where customer_id in ({', '.join(map(str, lost))}))"
    )
    compared.build(END, "--select", "answer_experiment")
    challengers = sum(place(c) < 0.3 for c in range(800)) - len(lost)
    champions = sum(place(c) >= 0.3 for c in range(800))
    whole = challengers + champions
    chi_square = (challengers - 0.3 * whole) ** 2 / (0.3 * whole) + (champions - 0.7 * whole) ** 2 / (0.7 * whole)
    assert chi_square > 10.828
    rows = compared.sql(f"select alias, chi_square, sample_ratio_mismatch, verdict from {READOUT} order by alias")
    assert [row[0] for row in rows] == ["challenger", "champion", "shadow"]
    assert all(row[1] == pytest.approx(chi_square) and row[2] for row in rows)
    assert [row[3] for row in rows] == ["invalid", None, "invalid"]
    with pytest.raises(RegistryError, match="says of version 2 that it is invalid: brier_score differs by"):
        promote(compared.open(END), "answer", 2)
    compared.sql("create or replace table predictions.answer as from kept; drop table kept")
    compared.build(END, "--select", "answer_experiment")


def test_before_outcomes_are_known_nothing_is_decided(compared):
    early = TRAINED + timedelta(hours=20)
    assert compared.sql(f"select count(*) from {READOUT} where verdict = 'won'") == [(2,)]
    compared.build(early, "--select", "answer_experiment")
    assert compared.sql(f"select count(*) from {READOUT}") == [(0,)]  # it began at END, where its predictions were made
    compared.build(END, "--select", "answer_experiment")


def test_what_is_compared_is_on_record_once(compared):
    rows = "select number, alias, version, share, unit, metric, started_at from ml.experiments order by alias"
    expected = [
        (1, "challenger", 2, 0.3, '["customer_id"]', "brier_score", END),
        (1, "champion", 1, 0.7, '["customer_id"]', "brier_score", END),
        (1, "shadow", 2, None, '["customer_id"]', "brier_score", END),
    ]
    assert compared.sql(rows) == expected
    predict("answer", compared.open(END + timedelta(minutes=1)))
    assert compared.sql(rows) == expected


def test_promotion_demands_a_won_experiment(compared):
    """Version 1 is champion; version 2 has won; a version that took no part has not."""
    later = END + timedelta(hours=1)
    compared.asof("train", "answer", "--now", later.isoformat())
    done = compared.asof("promote", "answer", "3", "--now", later.isoformat())
    assert done.returncode == 2
    assert "the readout main_shop.answer_experiment says of version 3 that it has none of this version" in done.stderr
    assert "asof promote answer 3 --force --reason" in done.stderr
    done = compared.asof("promote", "answer", "2", "--now", later.isoformat())
    assert done.stdout == "answer: champion is version 2 now, was version 1\n"
    assert compared.sql("select forced from ml.alias_events order by event_id desc limit 1") == [(False,)]
