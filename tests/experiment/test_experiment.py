"""Experiments from end to end: who falls on which side, what is read out against an oracle, and what promotion demands."""

import hashlib
import math
from collections import defaultdict
from datetime import timedelta

import duckdb
import numpy as np
import pandas as pd
import pytest
from shop import BEGUN, END, QUESTIONS

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


def test_its_sql_is_readable(compared, repository):
    """As a person last read it."""
    compiled = compared.root / "dbt_project/target/compiled/shop/models/answer_experiment.sql"
    golden = repository / "tests/experiment/golden/answer_experiment.sql"
    assert compiled.read_text().strip() + "\n" == golden.read_text()


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
            noise = max(values.var(ddof=1), others.var(ddof=1)) * (1 / len(values) + 1 / len(others))
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
        inner join main_shop.questions_known as v using (question_id) where v.label_known_at <= ? and v.asked_at > ?
        """,
        [now, BEGUN],
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


def p_value_of_split(challengers: int, champions: int) -> float:
    """How likely these sides are with a share of 0.3, against shares from a beta distribution around it, of 100 units."""
    shares = (np.arange(1_000_000) + 0.5) / 1_000_000
    weights = 29 * np.log(shares) + 69 * np.log1p(-shares)
    weights = np.exp(weights - weights.max())
    gained = challengers * np.log(shares / 0.3) + champions * np.log((1 - shares) / 0.7)
    return min(1.0, 1 / ((weights * np.exp(gained)).sum() / weights.sum()))


def test_an_uneven_split_is_no_verdict(compared):
    """A third of the challenger's customers are lost, as by a bug: the test is worked out as the integral that it is."""
    compared.sql("create table kept as from predictions.answer")
    lost = [c for c in range(800) if place(c) < 0.1]
    compared.sql(
        f"delete from predictions.answer where alias = 'challenger' and question_id in "
        f"(select question_id from main_shop.questions where customer_id in ({', '.join(map(str, lost))}))"
    )
    compared.build(END, "--select", "answer_experiment")
    challengers = sum(place(c) < 0.3 for c in range(800)) - len(lost)
    champions = sum(place(c) >= 0.3 for c in range(800))
    p_value = p_value_of_split(challengers, champions)
    assert p_value < 0.001
    rows = compared.sql(
        f"select alias, sample_ratio_p_value, sample_ratio_mismatch, verdict from {READOUT} order by alias"
    )
    assert [row[0] for row in rows] == ["challenger", "champion", "shadow"]
    assert all(row[1] == pytest.approx(p_value, rel=1e-6) and row[2] for row in rows)
    assert [row[3] for row in rows] == ["invalid", None, "invalid"]
    with pytest.raises(RegistryError, match="says of version 2 that it is invalid: brier_score differs by"):
        promote("answer", 2, compared.open(END))
    compared.sql("create or replace table predictions.answer as from kept; drop table kept")
    compared.build(END, "--select", "answer_experiment")


def test_before_outcomes_are_known_nothing_is_decided(compared):
    assert compared.sql(f"select count(*) from {READOUT} where verdict = 'won'") == [(2,)]
    compared.build(BEGUN - timedelta(hours=1), "--select", "answer_experiment")
    assert compared.sql(f"select count(*) from {READOUT}") == [(0,)]
    compared.build(END, "--select", "answer_experiment")


@pytest.fixture(scope="module")
def readout(compared) -> str:
    """The SQL that dbt has run."""
    (path,) = (compared.root / "dbt_project/target/compiled").rglob("answer_experiment.sql")
    return path.read_text()


@pytest.fixture
def shop(compared, tmp_path):
    """A warehouse that the readout reads, with the experiment's arms and without rows."""
    with duckdb.connect(tmp_path / "shop.duckdb") as connection:
        connection.execute(f"attach '{compared.environment['SHOP']}' as real (read_only)")
        connection.execute("""
            set timezone = 'UTC';
            create schema ml;
            create schema predictions;
            create schema main_shop;
            create table ml.experiments as from real.ml.experiments;
            create table predictions.answer as from real.predictions.answer limit 0;
            create table main_shop.questions_known as from real.main_shop.questions_known limit 0;
            detach real;
        """)
        yield connection


def ask(shop, aliases, outcomes, scores) -> None:
    """One question of a customer of its own for each arm, outcome and score; they replace those of before."""
    shop.register("asked", pd.DataFrame({"alias": aliases, "is_yes": outcomes, "score": scores}))
    shop.execute(f"""
        create or replace temporary table rows as
            select *, row_number() over () as n, timestamptz '{BEGUN}' + to_minutes(n) as t from asked;
        delete from predictions.answer;
        delete from main_shop.questions_known;
        insert into predictions.answer by name
            select n as question_id, t as as_of, 'answer' as model, if(alias = 'champion', 1, 2) as version, alias, score,
            score >= 0.5 as prediction, false as hindsight, 'x' as run_id, t as scored_at from rows;
        insert into main_shop.questions_known by name
            select n as question_id, n as customer_id, 0 as price, t as asked_at, is_yes, t as label_known_at from rows
    """)


def test_small_arms_and_rare_outcomes_do_not_win_by_chance(shop, readout):
    """Both arms have the same, right scores; a tenth is the challenger's, and three of a hundred say yes.

    A mean of skewed losses that has not met a yes looks good and certain: by each arm's own variance alone, a third of
    these experiments would be won.
    """
    shop.execute(
        "update ml.experiments set share = if(alias = 'champion', 0.9, 0.1); delete from ml.experiments where share is null"
    )
    rng = np.random.default_rng(5)
    verdicts = []
    for _ in range(60):
        aliases = np.where(rng.random(4000) < 0.1, "challenger", "champion")
        scores = rng.beta(2, 2 * 0.97 / 0.03, size=4000)
        outcomes = rng.random(4000) < scores
        found = set()
        for look in (300, 600, 1000, 1500, 2000, 3000, 4000):
            ask(shop, aliases[:look], outcomes[:look], scores[:look])
            found |= {row[-1] for row in shop.sql(readout).fetchall()}
        verdicts.append(found)
    assert sum("won" in found or "lost" in found for found in verdicts) <= 60 * 0.05
    assert sum("invalid" in found for found in verdicts) == 0


@pytest.mark.parametrize(
    ("units", "yeses", "enough"), [(99, 50, False), (100, 50, True), (150, 9, False), (150, 10, True)]
)
def test_there_are_no_bounds_before_there_is_enough(shop, readout, units, yeses, enough):
    outcomes = np.arange(units) < yeses
    one, other = (rng.random(units) for rng in map(np.random.default_rng, (1, 2)))
    shop.execute("delete from ml.experiments where alias = 'shadow'")
    shop.execute("update ml.experiments set share = 0.5")
    arms = np.repeat(["champion", "challenger"], units)
    ask(shop, arms, np.concatenate([outcomes, outcomes]), np.concatenate([one, other]))
    found = shop.sql(
        f"select alias, units, difference_low, p_value, verdict from ({readout}) order by alias"
    ).fetchall()
    (_, count, low, p_value, verdict), _ = found
    assert (count, low is not None, p_value is not None, verdict) == (units, enough, enough, "open")


def test_what_is_compared_is_on_record_once(compared):
    rows = "select number, alias, version, share, unit, metric, started_at from ml.experiments order by alias"
    expected = [
        (1, "challenger", 2, 0.3, '["customer_id"]', "brier_score", BEGUN),
        (1, "champion", 1, 0.7, '["customer_id"]', "brier_score", BEGUN),
        (1, "shadow", 2, None, '["customer_id"]', "brier_score", BEGUN),
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
    # what was won against version 1 is not won against another champion, nor in another experiment
    compared.asof("promote", "answer", "3", "--force", "--reason", "to see", "--now", later.isoformat())
    done = compared.asof("promote", "answer", "2", "--now", later.isoformat())
    assert done.returncode == 2
    assert (
        f"over, begun {BEGUN:%Y-%m-%d %H:%M} UTC against version 1, and the champion is version 3: run asof predict"
        in done.stderr
    )
    compared.asof("promote", "answer", "1", "--force", "--reason", "to see", "--now", later.isoformat())
    begun = "insert into ml.experiments by name select * replace (2 as number, ? as started_at) from ml.experiments"
    compared.sql(begun, [later - timedelta(minutes=1)])
    done = compared.asof("promote", "answer", "2", "--now", later.isoformat())
    assert done.returncode == 2
    assert (
        f"over, begun {BEGUN:%Y-%m-%d %H:%M} UTC against version 1, and the champion is version 1: run asof predict"
        in done.stderr
    )
