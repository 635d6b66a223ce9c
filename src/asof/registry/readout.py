"""Whether a version has won its experiment, as the project's readout (the macro `asof.experiment`) says."""

from asof.clock import written
from asof.errors import RegistryError
from asof.project import Project
from asof.registry.experiments import last_beginning
from asof.registry.store import Registry


def require_won(project: Project, registry: Registry, model: str, version: int, champion: int) -> None:
    """Raises RegistryError unless the readout of the present experiment says that the version won against the champion."""
    demand = f"model {model}: experiment.required lets only a version that won its experiment become champion"
    readout = project.graph().experiment(model)
    found = readout.relation[1:] if readout else None
    warehouse = registry.warehouse
    if found is None or not warehouse.has_table(*found):
        raise RegistryError(
            f"{demand}, and no dbt model reads it out; write one that is {{{{ asof.experiment('{model}', ref(...)) }}}}, with "
            f"meta: {{asof: {{role: experiment, model: {model}}}}} in its YAML, then run: "
            f"dbt build --project-dir {project.dbt_dir.name}"
        )
    now = project.clock.now()
    read = warehouse.rows(
        "select alias, version, verdict, difference, difference_low, difference_high, metric, started_at "
        f"from {warehouse.qualified(*found)} where model = ? and read_at <= ?",
        [model, now],
    )
    last = last_beginning(registry, model, now)
    against = {row["version"] for row in read if row["alias"] == "champion"}
    if read and (against != {champion} or {row["started_at"] for row in read} != {last}):
        raise RegistryError(
            f"{demand}; the readout {found[0]}.{found[1]} is of an experiment that is over, begun "
            f"{written(min(row['started_at'] for row in read))} against version {', '.join(map(str, against))}, and the "
            f"champion is version {champion}: run asof predict {model}, wait for outcomes, then run: "
            f"dbt build --project-dir {project.dbt_dir.name}"
        )
    rows = [row for row in read if row["version"] == version and row["alias"] != "champion"]
    if any(row["verdict"] == "won" for row in rows):
        return
    finding = "it has none of this version"
    if rows:
        row = rows[0]
        finding = f"it is {row['verdict']}"
        if row["difference"] is not None and row["difference_low"] is not None:
            finding += (
                f": {row['metric']} differs by {row['difference']:+.4f} "
                f"({row['difference_low']:+.4f} to {row['difference_high']:+.4f})"
            )
    raise RegistryError(
        f"{demand}; the readout {found[0]}.{found[1]} says of version {version} that {finding}; wait, or overrule it: "
        f"asof promote {model} {version} --force --reason '...'"
    )
