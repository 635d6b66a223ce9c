"""The arms of an experiment on the toy's rows: each row is decided once, and a shadow takes nothing from who decides."""

import hashlib
from datetime import timedelta

import pytest
from toy import FIRST

from asof import predict, promote, train
from asof.errors import RegistryError

DAY_60, DAY_70, DAY_80 = (FIRST + timedelta(days=days) for days in (60, 70, 80))
POLICY = "select id, as_of, case when score >= threshold then 'warn' else 'none' end as decision from scored\n"
BY_ARM = "select alias, version, count(*), count(decision) from predictions.big group by all order by all"


@pytest.fixture
def arms(toy):
    """Versions 1 (champion) and 2 (candidate), trained on day 60, and a window of ten days, which has 20 rows."""
    for _ in range(2):
        train("big", toy.open(DAY_60))
    promote("big", 1, toy.open(DAY_60))
    promote("big", 2, toy.open(DAY_60), alias="candidate")
    (toy.root / "policy.sql").write_text(POLICY)
    toy.edit("models/big.yml", "window: 2 days", "window: 10 days, policy: policy.sql")
    return toy


def experiment(toy, arms: str) -> None:
    path = toy.root / "models/big.yml"
    text = path.read_text().partition("experiment:")[0]
    path.write_text(text + f"experiment: {{name: e, {arms}, metric: brier_score, smallest_effect: 0.01}}\n")


def place(row: int) -> float:
    return int(hashlib.md5(f"e|{row}".encode(), usedforsecurity=False).hexdigest()[:8], 16) / 2**32


def ids(toy, condition: str) -> set[int]:
    return {row for (row,) in toy.sql(f"select id from predictions.big where {condition}")}


def test_a_shadow_of_the_champion_s_version_leaves_its_decisions(arms):
    """So it is after a shadow was promoted: both aliases are on one version."""
    experiment(arms, "shadows: [candidate]")
    promote("big", 2, arms.open(DAY_60))
    for again in (False, True):
        predict("big", arms.open(DAY_70), again=again)
        assert arms.sql(BY_ARM) == [("champion", 2, 20, 20)]
    predict("big", arms.open(DAY_70), alias="candidate", again=True)
    assert arms.sql(BY_ARM) == [("champion", 2, 20, 20)]


def test_a_shadow_alone_decides_nothing_and_gives_way(arms):
    experiment(arms, "shadows: [candidate]")
    predict("big", arms.open(DAY_70), alias="candidate")
    assert arms.sql(BY_ARM) == [("candidate", 2, 20, 0)]
    promote("big", 2, arms.open(DAY_70))
    result = predict("big", arms.open(DAY_70))
    assert arms.sql(BY_ARM) == [("champion", 2, 20, 20)]
    assert (result.scored_rows, result.beside[0].scored_rows) == (20, 0)


def test_what_the_champion_has_decided_is_not_decided_again(arms):
    predict("big", arms.open(DAY_70))
    experiment(arms, "challengers: {candidate: 0.4}")
    predict("big", arms.open(DAY_70))
    assert arms.sql(BY_ARM) == [("champion", 1, 20, 20)]
    later = DAY_70 + timedelta(days=5)  # half of its window was decided before
    for again in (False, True):
        predict("big", arms.open(later), again=again)
        new = {row for row in ids(arms, "true") if row > max(ids(arms, f"as_of <= timestamptz '{DAY_70}'"))}
        assert len(new) == 10
        assert ids(arms, "alias = 'candidate'") == {row for row in new if place(row) < 0.4}
        assert len(ids(arms, "true")) == arms.sql("select count(*) from predictions.big")[0][0] == 30
    assert 0 < len(ids(arms, "alias = 'candidate'")) < 10


def test_an_arm_alone_has_what_falls_to_it(arms):
    experiment(arms, "challengers: {candidate: 0.4}")
    predict("big", arms.open(DAY_70), alias="candidate")
    first = ids(arms, "alias = 'candidate'")
    predict("big", arms.open(DAY_70), alias="champion")
    everything = ids(arms, "true")
    assert first == ids(arms, "alias = 'candidate'") == {row for row in everything if place(row) < 0.4}
    assert arms.sql("select count(*) from predictions.big") == [(len(everything),)] == [(20,)]


def test_an_alias_of_no_experiment_has_every_row(arms):
    experiment(arms, "challengers: {other: 0.4}")
    predict("big", arms.open(DAY_70), alias="candidate")
    assert arms.sql(BY_ARM) == [("candidate", 2, 20, 20)]
    with pytest.raises(RegistryError, match="no 'other'"):
        predict("big", arms.open(DAY_70), alias="other")


def test_what_is_compared_is_on_record_as_it_changes(arms):
    """A free alias leaves its share to the champion; when it is taken, the experiment begins again."""
    on_record = "select number, alias, version, round(share, 6), started_at from ml.experiments order by number, alias"
    experiment(arms, "challengers: {later: 0.2, another: 0.1}")
    predict("big", arms.open(DAY_60))
    assert arms.sql("select count(*) from ml.experiments") == [(0,)]
    experiment(arms, "challengers: {candidate: 0.3, later: 0.2}")
    predict("big", arms.open(DAY_70))
    first = [(1, "candidate", 2, 0.3, DAY_70), (1, "champion", 1, 0.7, DAY_70)]
    assert arms.sql(on_record) == first
    promote("big", 2, arms.open(DAY_80), alias="later")
    predict("big", arms.open(DAY_80))
    then = [(2, "candidate", 2, 0.3, DAY_80), (2, "champion", 1, 0.5, DAY_80), (2, "later", 2, 0.2, DAY_80)]
    assert arms.sql(on_record) == first + then
