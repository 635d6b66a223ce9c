-- Migration 2: what a version pins of its features, and what a run was told to overrule.
alter table model_versions add column if not exists view_model varchar;
alter table model_versions add column if not exists built_from json;
alter table model_versions add column if not exists label_fingerprint varchar;
alter table model_features add column if not exists fingerprint varchar;
alter table alias_events add column if not exists from_fingerprint varchar;
alter table alias_events add column if not exists to_fingerprint varchar;
alter table alias_events add column if not exists feature_view varchar;
alter table alias_events add column if not exists threshold double;
alter table alias_events add column if not exists policy_sha256 varchar;
alter table prediction_runs add column if not exists despite varchar;
alter table prediction_runs add column if not exists reason varchar;
alter table prediction_runs add column if not exists warnings varchar;
