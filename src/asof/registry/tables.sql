-- The registry's tables. Every statement can be run again; rows are only ever added.

-- one row per attempt to train, whatever came of it
create table if not exists training_runs (
    run_id varchar primary key,
    model varchar not null,
    status varchar not null, -- registered, rejected or failed
    version integer, -- NULL where the attempt failed
    started_at timestamptz not null,
    finished_at timestamptz not null,
    seconds double not null,
    asof_now timestamptz, -- where the clock stood; NULL for the wall clock
    known_by timestamptz not null, -- the data cut-off
    feature_view varchar not null,
    label varchar not null,
    train_rows bigint,
    validation_rows bigint,
    test_rows bigint,
    unused_rows bigint, -- labelled rows in a gap, or whose label came too late for their split
    spec json not null,
    environment json not null, -- versions of Python and the libraries
    error varchar
);

-- one row per run, split, slice and metric
create table if not exists metrics (
    run_id varchar not null,
    split varchar not null, -- validation or test
    slice_by varchar not null, -- a column, or 'all'
    slice varchar not null, -- its value, or 'all'
    metric varchar not null,
    value double, -- NULL where it is not defined, such as ROC AUC on one class
    baseline_value double, -- of the trivial baseline on the same rows
    champion_value double, -- of the champion at that time on the same rows
    row_count bigint not null,
    primary key (run_id, split, slice_by, slice, metric)
);

-- one row per registered model version
create table if not exists model_versions (
    model varchar not null,
    version integer not null, -- counts up per model
    run_id varchar not null,
    created_at timestamptz not null,
    status varchar not null, -- registered, or rejected by a gate
    problem varchar not null,
    feature_view varchar not null,
    label varchar not null,
    known_by timestamptz not null,
    signature json not null, -- the columns that the estimator gets, in order, with their types
    gates json not null, -- each gate with its figures and whether it passed
    spec json not null,
    environment json not null,
    artifact blob not null, -- the fitted estimator, as a skops file
    artifact_sha256 varchar not null,
    primary key (model, version)
);

-- one row per column that a version was trained on
create table if not exists model_features (
    model varchar not null,
    version integer not null,
    feature varchar not null,
    position integer not null,
    type varchar not null,
    kind varchar not null, -- numeric, boolean or categorical
    primary key (model, version, feature)
);

-- one row per promotion or rollback
create table if not exists alias_events (
    event_id bigint primary key,
    model varchar not null,
    alias varchar not null,
    action varchar not null, -- promote or rollback
    from_version integer, -- NULL where the alias was not taken
    to_version integer not null,
    happened_at timestamptz not null,
    actor varchar not null,
    reason varchar
);

-- one row per batch inference run
create table if not exists prediction_runs (
    run_id varchar primary key,
    model varchar not null,
    alias varchar not null,
    version integer, -- NULL where the run failed before it knew
    status varchar not null, -- done or failed
    started_at timestamptz not null,
    finished_at timestamptz not null,
    seconds double not null,
    asof_now timestamptz, -- where the clock stood; NULL for the wall clock
    window_from timestamptz not null, -- exclusive
    window_to timestamptz not null, -- inclusive
    window_rows bigint, -- rows whose moment lies in the window
    scored_rows bigint, -- of those, the ones that this version had not scored before; NULL where the run failed
    error varchar
);

-- one row per alias: the version behind it now
create or replace view aliases as
select
    model,
    alias,
    to_version as version,
    happened_at as since
from alias_events
qualify row_number() over (partition by model, alias order by event_id desc) = 1;
