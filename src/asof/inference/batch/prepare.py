"""A version made ready to score its feature view, and the plan for each window."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from asof.features.view import FeatureView
from asof.inference.batch.overrule import Overrule
from asof.inference.batch.plan import Plan, Relations
from asof.inference.batch.table import PredictionTable
from asof.inference.batch.window import Window, require_build
from asof.inference.decide.arms import Arm
from asof.inference.decide.policy import Policy, read_policy
from asof.model_spec.spec import ModelSpec
from asof.project import Project
from asof.registry.model_version import ModelVersion, load_version
from asof.registry.pinned import view_of, with_refresh
from asof.registry.prediction_runs import runs_table
from asof.registry.readiness import check_features
from asof.registry.rows import PredictionRunRow, VersionRow
from asof.registry.runs import Attempt, Journal
from asof.registry.store import Registry
from asof.registry.versions import version_row
from asof.scoring.reasons import Reasons
from asof.scoring.scorer import Scorer


@dataclass(frozen=True)
class Request:
    """What `asof.predict` was asked for, of a model."""

    project: Project
    spec: ModelSpec
    window: Window
    backfill: bool
    again: bool
    overrule: Overrule


@dataclass(frozen=True)
class Prepared:
    """A version that is read, with the view that it reads and the table that it writes."""

    request: Request
    registry: Registry
    arm: Arm
    version: ModelVersion
    view: FeatureView
    table: PredictionTable
    policy: Policy | None
    scorer: Scorer
    reasons: Reasons | None

    @classmethod
    def of(cls, request: Request, registry: Registry, arm: Arm, journal: Journal[PredictionRunRow]) -> Self:
        """Raises an AsofError where the version, the view, the table or the policy will not do."""
        project, spec, warehouse = request.project, request.spec, registry.warehouse
        version = load_version(registry, spec.name, arm.version, project)
        policy = read_policy(project.root, spec.inference.policy) if spec.inference.policy and arm.decides else None
        journal.note(policy_sha256=policy.sha256 if policy else None)
        row = version_row(registry, spec.name, arm.version, project.clock.now())
        view = project.view_in(warehouse, view_of(registry, row, project))
        view = replace(view, meta=with_refresh(view.meta, view.build, spec.name, arm.alias))
        version.signature.check(view.table.schema().items(), f"{version.title} on feature view {view.name}")
        overruled, warnings = overruled_checks(request, registry, row, view)
        journal.note(
            despite=", ".join(overruled) or None,
            reason=request.overrule.reason if overruled else None,
            warnings="; ".join(warnings) or None,
        )
        journal.note(built_up_to=require_build(view, request.window, spec.inference.max_build_age))
        table = PredictionTable(project.predictions_schema, version, view.meta.key)
        table.check(warehouse, view)
        spec.require_columns(view.table.columns, view.name)
        scorer = version.scorer()
        reasons = Reasons.of(scorer, spec.inference.reasons) if spec.inference.reasons else None
        return cls(request, registry, arm, version, view, table, policy, scorer, reasons)

    def oldest(self, window: Window) -> datetime | None:
        """The moment of the oldest row in a window, or None if there is no row."""
        due = self.view.due(window.start, window.end)
        found: datetime | None = due[self.view.meta.as_of].min().to_pyarrow().as_py()
        return found

    def plan(self, window: Window, attempt: Attempt[PredictionRunRow]) -> Plan:
        """What a run on a window will do. Nothing is written."""
        request, meta, warehouse = self.request, self.view.meta, self.registry.warehouse
        relations = Relations(
            view=warehouse.qualified(meta.schema, meta.table),
            view_types=self.table.view_types(warehouse, self.view),
            predictions=self.table.name_in(warehouse),
            predictions_exist=self.table.is_in(warehouse),
            hashes_exist=self.table.has_hashes(warehouse),
            runs=runs_table(self.registry),
        )
        return Plan(
            version=self.version,
            window=window,
            arm=self.arm,
            unit_filter=self.arm.unit_filter(request.spec.experiment, meta.key),
            key=meta.key,
            as_of=meta.as_of,
            relations=relations,
            threshold=request.spec.threshold,
            again=request.again,
            backfill=request.backfill,
            keep_features=request.spec.inference.keep_features,
            reasons=self.reasons is not None,
            run_id=attempt.run.run_id,
            now=request.project.clock.now(),
        )


def overruled_checks(
    request: Request, registry: Registry, version: VersionRow, view: FeatureView
) -> tuple[list[str], list[str]]:
    """The checks of a version's features that say no and are overruled, and warnings.

    Raises ChangedFeaturesError, NotBuiltError or FailedTestError for one that is not overruled.
    """
    if view.build is None:
        return [], []
    project, spec, overrule = request.project, request.spec, request.overrule
    found = check_features(registry, project, version, view.meta, spec)
    overruled = []
    for obstacle in found.obstacles:
        if not overrule.covers(obstacle.check):
            flag = "--despite-tests" if obstacle.check == "tests" else "--despite-change"
            command = f"asof predict {spec.name} {flag} --reason '...'"
            raise replace(obstacle, remedy=f"{obstacle.remedy}; to score all the same: {command}").error(version)
        overruled.append(obstacle)
    warnings = [*(obstacle.found for obstacle in overruled), *found.warnings]
    return list(dict.fromkeys(obstacle.check for obstacle in overruled)), warnings
