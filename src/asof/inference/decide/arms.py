"""Who scores which rows: the champion alone, or the arms of the spec's experiment.

A unit's side is where the MD5 of the experiment's name and of the unit falls between 0 and 1. It depends on nothing else,
so that a unit is on the same side tomorrow and in a backfill. Challengers take their shares from 0 upwards: when one is
given more, units move from the champion to it, and no others. A row is decided once: what one of them has decided, the others
leave alone.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from asof.model_spec.inference import Experiment
from asof.model_spec.spec import ModelSpec
from asof.registry.aliases import aliases_at, require_version
from asof.registry.experiments import add_arms, arms_on_record, next_experiment
from asof.registry.rows import ExperimentRow
from asof.registry.store import Registry
from asof.warehouse.sql import literal, quoted

CHAMPION = "champion"


ShareRange = tuple[float, float]


@dataclass(frozen=True)
class Arm:
    """An alias, the version behind it, and the units that fall to it: those within `inside`, without those of `others`.

    `share` is that of the units, None for a shadow, which scores all of them and decides nothing. `deciders` are the other
    aliases of its experiment that decide, `shadows` those that do not.
    """

    alias: str
    version: int
    share: float | None = 1.0
    inside: ShareRange | None = None
    others: tuple[ShareRange, ...] = ()
    deciders: tuple[str, ...] = ()
    shadows: tuple[str, ...] = ()

    @property
    def decides(self) -> bool:
        return self.share is not None

    def unit_filter(self, experiment: Experiment | None, key: Sequence[str]) -> str | None:
        """SQL predicate on the view that selects this arm's rows; None where every row is."""
        if experiment is None or (self.inside is None and not self.others):
            return None
        place = place_of_unit(experiment.name, experiment.unit or list(key))
        conditions = [_within(place, self.inside)] if self.inside else []
        return " and ".join([*conditions, *(f"not {_within(place, other)}" for other in self.others)])

    def rows_to_keep_sql(self, *, again: bool) -> str:
        """SQL predicate on the prediction table (alias `done`): rows that this run must not rescore.

        | | first time | again |
        |---|---|---|
        | decides | its version's rows, unless a shadow made them, and what other arms decided | what other arms decided |
        | decides, outside of an experiment, not the champion | its version's rows | what another alias of its version decided |
        | shadow | its version's rows | those of them that another alias made |
        """
        own = f"done.version = {self.version}"
        if not self.decides:
            return f"({own} and done.alias <> {literal(self.alias)})" if again else own
        if again:
            # of a version that is behind two aliases, what the champion decided stays the champion's
            alone = self.alias != CHAMPION and not self.deciders
            return f"({own} and done.alias <> {literal(self.alias)})" if alone else _one_of(self.deciders)
        if self.shadows:
            own = f"({own} and not {_one_of(self.shadows)})"
        return f"({own} or {_one_of(self.deciders)})" if self.deciders else own


def _one_of(aliases: Sequence[str]) -> str:
    return f"done.alias in ({', '.join(map(literal, aliases))})" if aliases else "false"


def _within(place: str, interval: ShareRange) -> str:
    low, high = interval
    return f"({place} >= {literal(low)} and {place} < {literal(high)})"


def place_of_unit(name: str, unit: Sequence[str]) -> str:
    """Where a unit falls in [0, 1), as SQL."""
    parts = ", ".join(f"coalesce(cast({quoted(column)} as varchar), '')" for column in unit)
    return f"(('0x' || left(md5(concat_ws('|', {literal(name)}, {parts})), 8))::bigint / 4294967296.0::double)"


def arms_of(spec: ModelSpec, registry: Registry, now: datetime, alias: str | None = None) -> list[Arm]:
    """The champion first, then the arms beside it that are taken; what a free alias would have is the champion's.

    An `alias` that is not of the spec's experiment stands alone, and has every row. Raises RegistryError without a champion,
    or where the alias is free.
    """
    experiment = spec.experiment
    if experiment is None or alias not in {None, CHAMPION, *experiment.arms}:
        name = alias or CHAMPION
        return [Arm(name, require_version(registry, spec.name, name, now))]
    if alias is not None:
        require_version(registry, spec.name, alias, now)
    champion = require_version(registry, spec.name, CHAMPION, now)
    behind = {name: version for (model, name), version in aliases_at(registry, now).items() if model == spec.name}
    low, inside = 0.0, {}
    for name, share in experiment.challengers.items():
        if name in behind:
            inside[name] = (low, low + share)
        low += share
    rest = 1.0 - sum(experiment.challengers[name] for name in inside)
    names = (CHAMPION, *experiment.challengers)
    deciding = [
        Arm(CHAMPION, champion, rest, others=tuple(inside.values())),
        *(Arm(name, behind[name], experiment.challengers[name], interval) for name, interval in inside.items()),
    ]
    return [
        *(
            replace(arm, deciders=tuple(n for n in names if n != arm.alias), shadows=tuple(experiment.shadows))
            for arm in deciding
        ),
        *(Arm(name, behind[name], share=None) for name in experiment.shadows if name in behind),
    ]


def record_experiment(registry: Registry, spec: ModelSpec, arms: list[Arm], key: Sequence[str], now: datetime) -> None:
    """Keeps what is compared, where it is not what was compared last; nothing before there is more than the champion."""
    experiment = spec.experiment
    if experiment is None:
        return
    number = next_experiment(registry, spec.name)
    rows = [
        ExperimentRow(
            model=spec.name,
            number=number,
            experiment=experiment.name,
            alias=arm.alias,
            version=arm.version,
            share=arm.share,
            unit=json.dumps(experiment.unit or list(key)),
            metric=experiment.metric,
            smallest_effect=experiment.smallest_effect,
            alpha=experiment.alpha,
            started_at=now,
        )
        for arm in arms
    ]
    last = [replace(row, number=number, started_at=now) for row in arms_on_record(registry, spec.name, number - 1)]
    if (last or len(rows) > 1) and sorted(last, key=str) != sorted(rows, key=str):
        add_arms(registry, rows)
