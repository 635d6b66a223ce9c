"""Stand-ins for the dbt package's macros, so that sqlfluff can lint the models that call them without running dbt."""


def now():
    return "current_timestamp"


def visible(known_at):
    return f"where {known_at} <= current_timestamp"


def new_since(column, lookback=None, of=None):
    return f"{column} > current_timestamp - interval '{lookback or '0 days'}'"


def features(relation, columns=None, ttl=None, prefix="", entity=None):
    return relation


def feature_view(spine, features, label=None, lookback=None):
    return "select * from spine"


def predict(model, view, alias="champion", where=None, threshold=None):
    return f"select * from {view}"


def experiment(model, view):
    return f"select * from {view}"


def trailing(relation, entity, time, length, measures):
    return f"select * from {relation}"


def periodic_spine(relation, key, every, first, since=None, until=None, as_of="asked_at"):
    return f"select * from {relation}"


def horizon_label(spine, relation, entity, time, length, labels, delay=None):
    return f"select * from {spine}"


def newest_rows(relation, moment):
    return f"select * from {relation}"
