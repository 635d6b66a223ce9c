"""What a model version pins of its feature view: the SQL that the view was built from, and the fingerprint of each column."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from asof.dbt_files.profiles import Target
from asof.errors import NotBuiltError
from asof.features.record import BuiltFrom, read_record
from asof.features.view_meta import ViewMeta
from asof.warehouse.connection import Warehouse


@dataclass(frozen=True)
class Pins:
    """The SQL of a view, by hash, and what its columns mean.

    `built_from` has the hash of each text by dbt's unique id. `unknown` names the models without SQL on record: then nothing is
    known of the columns. `by_text` names those that could not be followed, and count as a whole.
    """

    built_from: Mapping[str, str]
    fingerprints: Mapping[str, str] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    by_text: tuple[str, ...] = ()


def read_built_from(warehouse: Warehouse, registry_schema: str, target: Target, view: ViewMeta) -> BuiltFrom:
    """The SQL that a view was built from, as the warehouse records it; empty where the record does not have the view."""
    record = read_record(warehouse, registry_schema, target)
    return record.built_from(view.id) if record.has(view.id) else BuiltFrom({}, unknown=(view.id,))


def pins_of(built: BuiltFrom, view: ViewMeta, columns: Iterable[str], dialect: str) -> Pins:
    """What columns of a view mean, by the SQL that it was built from.

    Raises NotBuiltError where parts of the view were built while one model above them had SQL of two meanings.
    """
    from asof.features.fingerprints.view_meaning import view_meaning  # noqa: PLC0415  # brings sqlglot

    if built.unknown:
        return Pins(built.hashes, unknown=built.unknown)
    names = list(columns)
    meaning = view_meaning(built.models, view.id, names, dialect)
    for model, others in built.others.items():
        for other in others:
            if (
                view_meaning({**built.models, model: other}, view.id, names, dialect).fingerprints
                != meaning.fingerprints
            ):
                raise NotBuiltError(
                    f"feature view {view.name}: parts of it were built before and after a change of the SQL of {other.name}; build "
                    f"all of them again: {view.build_command} --full-refresh"
                )
    return Pins(built.hashes, meaning.fingerprints, by_text=meaning.by_text)
