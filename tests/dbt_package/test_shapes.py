"""Macros for what everybody writes by hand: a spine that asks again and again, aggregates over the time before."""

from datetime import UTC, datetime, timedelta

import pytest
from cases import FACTS, PRICES, QUESTIONS

NOW = datetime(2024, 5, 1, 22, tzinfo=UTC)


def learned() -> list[tuple[str, datetime, int | None]]:
    return [(shop, datetime.fromisoformat(at), price) for shop, _, at, price, _ in PRICES if shop and at]


def expected() -> list[tuple]:
    """Each shop every two hours since its first price was learned, C until 20:00; of the prices learned in (then - 2 hours,
    then] how many, and their sum. Nothing at all before the first one ever."""
    rows = []
    for shop in sorted({shop for shop, _, _ in learned()}):
        own = [(at, price) for found, at, price in learned() if found == shop]
        for hour in range(10, 23, 2):
            moment = datetime(2024, 5, 1, hour, tzinfo=UTC)
            if moment < min(at for at, _ in own) or (shop == "C" and hour >= 20):
                continue
            recent = [price for at, price in own if moment - timedelta(hours=2) < at <= moment]
            prices = [price for price in recent if price is not None]
            rows.append((shop, moment, len(recent), sum(prices) if prices else None))
    return rows


def ahead() -> list[tuple]:
    """Of each question the prices learned in (then, then + 3 hours], and when that is known: four hours after."""
    rows = []
    for shop, moment, *_ in expected():
        after = [
            (at, price)
            for found, at, price in learned()
            if found == shop and moment < at <= moment + timedelta(hours=3)
        ]
        prices = [price for _, price in after if price is not None]
        rows.append((shop, moment, len(after), sum(prices) if prices else None, moment + timedelta(hours=4)))
    return rows


def rows_at_two_clocks(engine, model, columns):
    """The rows of a model of the day, as built at two moments of it."""
    engine.fill(questions=[*QUESTIONS], **FACTS)
    for now in (NOW - timedelta(hours=7), NOW):
        built = engine.dbt("build", "--select", f"+{model}", now=now.isoformat())
        assert built.returncode == 0, built.stdout
        yield now, engine.sql(f"select {columns} from {model} order by shop, asked_at")


def test_what_was_learned_lately_at_each_question(each_engine):
    for now, rows in rows_at_two_clocks(each_engine, "lately", "shop, asked_at, changes, total"):
        assert rows == [row for row in expected() if row[1] <= now]
    assert len(expected()) > 12
    assert {row[2] for row in expected()} >= {0, 1, 2}


def test_what_is_learned_after_each_question(each_engine):
    columns = "shop, asked_at, changes_ahead, total_ahead, known_at"
    for now, rows in rows_at_two_clocks(each_engine, "changes_ahead", columns):
        assert rows == [row for row in ahead() if row[4] <= now]
    assert {row[2] for row in ahead()} >= {0, 1, 2}


@pytest.mark.parametrize("model", ["every_two_hours", "recent_prices", "changes_ahead"])
def test_its_sql_is_readable(each_engine, repository, model):
    """As a person last read it, in one file where both engines get the same text; `dbt compile` shows it."""
    each_engine.fill(questions=[*QUESTIONS], **FACTS)
    assert each_engine.dbt("run", "--select", f"+{model}", now="2024-05-01T17:00:00Z").returncode == 0
    folder = repository / "tests/dbt_package/golden"
    golden = next(p for p in (folder / f"{model}.{each_engine.engine.name}.sql", folder / f"{model}.sql") if p.exists())
    assert each_engine.compiled(model, "parts").strip() + "\n" == golden.read_text()
