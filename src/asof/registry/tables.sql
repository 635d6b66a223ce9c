-- The registry's tables as they are today. Every statement can be run again; rows are only ever added. A registry that
-- is older is changed by the migrations (`migrations.py`).

-- one row per migration that was applied, and for a registry that was made after it, one that was not needed
create table if not exists migrations (
    number integer primary key,
    name varchar not null,
    applied_at timestamptz not null
);

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
    error varchar,
    unlabelled_rows bigint, -- whose label was not known by the cut-off
    query varchar, -- the SELECT that gives the rows of the three splits
    content_hash varchar -- of these rows, in any order
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
    linear_value double, -- of a linear model on the same features and rows
    low double, -- the middle 95 % of the value on resampled days
    high double,
    small boolean, -- the slice has too few rows to be judged
    primary key (run_id, split, slice_by, slice, metric)
);

-- one row per point of a curve: of the test split's ROC, calibration and the like, and of the label over time
create table if not exists curves (
    run_id varchar not null,
    split varchar not null, -- test, or all
    curve varchar not null,
    series varchar not null, -- a class, or what the curve has one of
    position integer not null,
    x double not null,
    y double not null,
    row_count bigint, -- that the point stands for, where it stands for some
    primary key (run_id, split, curve, series, position)
);

-- one row per origin of a back-test, week of age and metric
create table if not exists backtests (
    run_id varchar not null,
    origin timestamptz not null, -- the cut-off that a version was trained at
    week integer not null, -- of age, the first one is 1
    metric varchar not null,
    value double, -- on the rows of that week
    row_count bigint not null,
    primary key (run_id, origin, week, metric)
);

-- one row per search of hyper-parameters
create table if not exists tuning_runs (
    run_id varchar primary key,
    model varchar not null,
    search integer not null, -- counts up per model
    started_at timestamptz not null,
    asof_now timestamptz, -- where the clock stood; NULL for the wall clock
    known_by timestamptz not null, -- the data cut-off
    metric varchar not null,
    folds integer not null,
    seed bigint not null,
    content_hash varchar not null, -- of the rows of the training set
    estimator_sha256 varchar not null, -- of the estimator's file
    spec json not null,
    environment json not null
);

-- one row per trial of a search that came to an end
create table if not exists trials (
    run_id varchar not null,
    trial integer not null,
    model varchar not null,
    state varchar not null, -- complete, pruned or failed
    value double, -- the mean of the metric over the folds; NULL unless complete
    fold_values json not null, -- the metric on each fold that was fitted
    parameters json not null, -- what the estimator was given
    suggestions json not null, -- what was drawn, and from which distributions
    finished_at timestamptz not null,
    seconds double not null,
    error varchar,
    primary key (run_id, trial)
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
    classes json, -- of a multiclass problem, in the order of the scores
    content_hash varchar, -- of the rows it was trained and judged on
    estimator_sha256 varchar, -- of the estimator's file
    staleness json, -- by metric, how much worse per week of age
    frozen_table varchar, -- where these rows are kept; NULL: nowhere
    parity json, -- the ways of scoring, held against the estimator
    view_model varchar, -- the feature view, by the unique id that dbt gives it; with its version, where it has one
    built_from json, -- the SQL that the view was built from: hashes in compiled_models by model
    label_fingerprint varchar, -- what the label meant
    primary key (model, version)
);

-- one row per signature of a version, by a key that is not in the warehouse
create table if not exists version_signatures (
    model varchar not null,
    version integer not null,
    key_id varchar not null, -- of the key, which it does not give away
    signature varchar not null, -- HMAC with SHA-256 of what the version does and of its artifact's hash
    signed_at timestamptz not null
);

-- one row per column that a version was trained on
create table if not exists model_features (
    model varchar not null,
    version integer not null,
    feature varchar not null,
    position integer not null,
    type varchar not null,
    kind varchar not null, -- numeric, boolean or categorical
    importance_metric varchar, -- what the next columns are measured in
    importance double, -- what shuffling it costs on the test split
    importance_spread double, -- standard deviation over shuffles
    importance_dropped double, -- what fitting without it costs
    fingerprint varchar, -- what the column meant: the canonical form of all SQL that it depends on, as a hash
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
    reason varchar,
    forced boolean, -- put on a version that a gate had rejected
    from_fingerprint varchar, -- of the features of from_version together
    to_fingerprint varchar,
    feature_view varchar, -- what to_version reads, as dbt selects it
    threshold double, -- from which a binary prediction is true
    policy_sha256 varchar -- of the policy's file
);

-- one row per new name of a model
create table if not exists renames (
    event_id bigint primary key,
    model varchar not null, -- what it was called before
    new_name varchar not null,
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
    status varchar not null, -- done, empty or failed
    started_at timestamptz not null,
    finished_at timestamptz not null,
    seconds double not null,
    asof_now timestamptz, -- where the clock stood; NULL for the wall clock
    window_from timestamptz not null, -- exclusive
    window_to timestamptz not null, -- inclusive
    window_rows bigint, -- rows whose moment lies in the window
    scored_rows bigint, -- of those, the ones that this version had not scored before; NULL where the run failed
    error varchar,
    cause varchar, -- of a failure, in one word
    backfill boolean, -- a part of a longer stretch of history
    rescored boolean, -- rows scored before were scored again
    built_up_to timestamptz, -- the feature view, as far as is known
    changed_rows bigint, -- scored from other features than now
    threshold double, -- from which a binary prediction is true
    policy_sha256 varchar, -- of the policy's file
    duckdb_version varchar, -- hashes of features are comparable within one
    files varchar, -- the folder that Parquet files were written to
    despite varchar, -- what was found and overruled: change, tests, or both
    reason varchar, -- why it was overruled
    warnings varchar -- what a person should look at, though it stopped nothing
);

-- one row per arm of an experiment, each time that its arms or their versions have changed
create table if not exists experiments (
    model varchar not null,
    number integer not null, -- counts up per model; the readout looks at the last one
    experiment varchar not null,
    alias varchar not null,
    version integer not null,
    share double, -- of the units; NULL for a shadow
    unit json not null, -- the columns of the feature view
    metric varchar not null,
    smallest_effect double not null,
    alpha double not null,
    started_at timestamptz not null,
    primary key (model, number, alias)
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
