"""The newest visible row of each entity as of a moment, asked for without a spine: by hand, on both engines."""

from datetime import UTC, datetime

from cases import FACTS, QUESTIONS


def clock(hour: int, minute: int = 0) -> datetime:
    return datetime(2024, 5, 1, hour, minute, tzinfo=UTC)


def test_as_the_cases_say_it(each_engine):
    each_engine.fill(questions=list(QUESTIONS), **FACTS)
    done = each_engine.dbt("run", "--select", "+path:models/newest", now="2024-05-01T17:00:00Z")
    assert done.returncode == 0, done.stdout
    # at 14:30 the price of 12:00 counts by its later word; what is announced for 15:00 has not come true
    assert each_engine.sql(
        "select shop, price, note, happened_at, learned_at, asof_visible_from from newest_prices order by shop"
    ) == [("A", 4, "restated", clock(12), clock(14), clock(14))]
    # the newest lease of a shop, whether it has ended or not
    assert each_engine.sql("select shop, rent, ends_at from newest_leases order by shop") == [
        ("A", 200, clock(16)),
        ("B", 400, clock(9)),
        ("C", 500, clock(8)),
    ]
    # a group without an entity has one row; the rain of 12:00 is announced at 16:00
    assert each_engine.sql("select season, begins_at from newest_seasons") == [("summer", clock(15))]
