"""Values that depend on when the query runs, or on what the tables hold today."""

from collections.abc import Iterator

from sqlglot import exp

from asof.features.lineage.ancestry import Place
from asof.features.lineage.query import ROWS, conditions
from asof.leaks.lint.rules import CURRENT_STATE, FITTED_IN_QUERY, SNAPSHOT_KNOWN_AT, VOLATILE
from asof.leaks.lint.subject import Subject
from asof.leaks.lint.windows import RANKS, SHARES, Hit, is_the_first_time

VOLATILE_FUNCTIONS = {
    "now",
    "today",
    "random",
    "setseed",
    "uuid",
    "gen_random_uuid",
    "uuidv4",
    "uuidv7",
    "get_current_timestamp",
    "current_localtimestamp",
    "current_localtime",
    "get_current_time",
    "transaction_timestamp",
    "nextval",
    "clock_timestamp",
    "statement_timestamp",
    "timeofday",
}
VOLATILE_EXPRESSIONS = (
    exp.CurrentDate,
    exp.CurrentDatetime,
    exp.CurrentTime,
    exp.CurrentTimestamp,
    exp.Rand,
    exp.Randn,
    exp.Uuid,
    exp.Localtime,
    exp.Localtimestamp,
)
ENDS = {"dbt_valid_to", "valid_to", "effective_to", "valid_until", "end_date", "ended_at"}
BEGINS = {"dbt_valid_from", "valid_from", "effective_from", "start_date", "started_at"}
FLAGS = {"is_current", "is_latest", "is_active_record", "current_flag"}


def volatile(subject: Subject) -> Iterator[Hit]:
    """The clock of the database, or chance, on a feature's way."""
    for place in subject.places:
        for found in place.step.expression.walk():
            named = isinstance(found, exp.Anonymous) and found.name.lower() in VOLATILE_FUNCTIONS
            if named or isinstance(found, VOLATILE_EXPRESSIONS):
                yield VOLATILE, place, found


def aggregates(subject: Subject) -> Iterator[Hit]:
    """Aggregates over all rows of a query, or over all rows of an entity whatever their time."""
    for place in subject.values.places.values():
        select, expression = place.step.select, place.step.expression
        if select is None:
            continue
        group = select.args.get("group")
        if place.step.scope.external_columns:
            if expression.find(exp.AggFunc) and not _compares_times(place, subject):
                yield CURRENT_STATE, place, expression
            continue
        for aggregate in expression.find_all(exp.AggFunc):
            of_window = aggregate.find_ancestor(exp.Window, exp.Query) not in (None, select)
            if of_window or isinstance(aggregate, (*RANKS, *SHARES)):
                continue
            if is_the_first_time(aggregate, place, subject):
                continue
            if group is None:
                yield FITTED_IN_QUERY, place, aggregate
            elif not _has_time(group, place, subject):
                yield CURRENT_STATE, place, aggregate


def current_state(subject: Subject) -> Iterator[Hit]:
    """Rows that are picked for being the latest, and tables with a validity that are joined without looking at it."""
    for place in subject.rows.places.values():
        for found in place.step.expression.walk():
            if _picks_the_latest(found, place, subject):
                yield CURRENT_STATE, place, found
    for place in subject.values.places.values():
        yield from _joins_without_validity(place, subject)


def snapshot_known_at(subject: Subject) -> Iterator[Hit]:
    """A known time that is the source's own update time, out of a snapshot that goes by it."""
    if not subject.is_group:
        return
    for id_, column in subject.known.columns:
        node = subject.ancestry.graph.nodes[id_]
        if node.kind != "snapshot" or node.config.get("strategy") != "timestamp":
            continue
        updated_at = str(node.config.get("updated_at", "")).lower()
        times = [node.snapshot_column(name).lower() for name in ("dbt_valid_from", "dbt_updated_at")]
        if column in (*times, updated_at):
            nearest = next(iter({**subject.known.places, **subject.values.places}.values()))
            yield SNAPSHOT_KNOWN_AT, Place(subject.node, nearest.step), f"{column} of {node.name}"
            return


def _picks_the_latest(found: exp.Expression, place: Place, subject: Subject) -> bool:
    if isinstance(found, exp.Is):
        return _picks_the_open_rows(found)
    if isinstance(found, exp.Window):
        return _keeps_the_latest(found, place, subject)
    if isinstance(found, exp.Column):
        return found.name.lower() in FLAGS
    return False


def _picks_the_open_rows(found: exp.Is) -> bool:
    """`valid_to is null`, but not where it is the other half of `valid_to > x or valid_to is null`."""
    column = found.this
    if not (isinstance(found.expression, exp.Null) and isinstance(column, exp.Column) and column.name.lower() in ENDS):
        return False
    either = found.find_ancestor(exp.Or)
    compared = either is not None and any(
        side.name.lower() == column.name.lower()
        for comparison in either.find_all(exp.LT, exp.LTE, exp.GT, exp.GTE)
        for side in comparison.find_all(exp.Column)
    )
    return not isinstance(found.parent, exp.Not) and not compared


def _keeps_the_latest(window: exp.Window, place: Place, subject: Subject) -> bool:
    order = window.args.get("order")
    newest_first = order is not None and bool(order.expressions[0].args.get("desc"))
    if not (newest_first and isinstance(window.this, RANKS)):
        return False
    return not any(_is_time_of_row(key, place, subject) for key in window.args.get("partition_by") or [])


def _is_time_of_row(key: exp.Expression, place: Place, subject: Subject) -> bool:
    return subject.is_time_of_row(subject.ancestry.at(place, key))


def _has_time(group: exp.Group, place: Place, subject: Subject) -> bool:
    keys = group.expressions
    if group.args.get("all"):
        keys = [projection for projection in place.step.select.selects if not projection.find(exp.AggFunc)]
    return any(_is_time_of_row(key, place, subject) for key in keys)


def _compares_times(place: Place, subject: Subject) -> bool:
    """Whether a subquery about a row of its query looks only at what came before a time of that row."""
    for condition in conditions(place.step.select):
        for comparison in condition.find_all(exp.LT, exp.LTE, exp.GT, exp.GTE, exp.Between):
            if any(_is_time_of_row(column, place, subject) for column in comparison.find_all(exp.Column)):
                return True
    return False


def _joins_without_validity(place: Place, subject: Subject) -> Iterator[Hit]:
    select, scope = place.step.select, place.step.scope
    if select is None or place.node == subject.parts.view:  # the joins of the macro look at the times
        return
    read = {column.table for column in place.step.expression.find_all(exp.Column)}
    for join in select.args.get("joins") or ():
        name = join.alias_or_name
        if name not in read:
            continue
        columns = _columns_of(scope.sources.get(name), subject)
        if not (columns & BEGINS and columns & ENDS):
            continue
        compared = {
            column.name.lower()
            for condition in conditions(select)
            for comparison in condition.find_all(exp.LT, exp.LTE, exp.GT, exp.GTE, exp.Between)
            for column in comparison.find_all(exp.Column)
            if column.table == name
        }
        if not compared & (BEGINS | ENDS):
            yield CURRENT_STATE, place, join


def _columns_of(source: object, subject: Subject) -> set[str]:
    if isinstance(source, exp.Table):
        node = subject.ancestry.graph.find(source.catalog, source.db, source.name)
        return set(subject.ancestry.columns(node)) - {ROWS} if node else set()
    expression = getattr(source, "expression", None)
    return {name.lower() for name in expression.named_selects} if isinstance(expression, exp.Query) else set()
