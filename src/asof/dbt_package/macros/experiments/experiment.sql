{#
    The readout of a model's experiment, one row per arm: a SELECT for a dbt model. What is compared is what `asof predict`
    has recorded in the registry; when an arm gets another version or share, the readout begins again. It counts rows whose
    moment lies after that, so that all arms had the same time. DuckDB only.

    model   the name of the model spec
    view    the feature view, as ref(...); its labels are the outcomes

    Columns: model, experiment, alias, version, read_at, started_at, metric, units, rows, value (the metric: the mean over
    units of the mean of their rows), difference (to the champion; below 0 is better), difference_low and difference_high
    (a confidence sequence: valid at every look, not at one alone), p_value (always valid), expected_share, share,
    sample_ratio_p_value (always valid) and sample_ratio_mismatch (below 0.001), verdict (won, lost, open, invalid; NULL for
    the champion).

    The test is the mixture sequential probability ratio test with a normal mixture of the spec's smallest_effect as its
    standard deviation (Johari, Koomen, Pekelis and Walsh, 2022, "Always Valid Inference", Operations Research 70). It
    takes means for normal, and losses are skewed: a small arm that has not met a rare outcome looks good and certain. So
    there are no bounds before each arm has 100 units, and in a binary problem ten of either outcome; and both arms are taken
    to vary as the one that varies more.

    The sample-ratio check is the sequential test of multinomial counts with a Dirichlet mixture around the declared shares
    (Lindon and Malek, 2022, "Anytime-Valid Inference for Multinomial Count Data", NeurIPS 35).
#}
{% macro experiment(model, view) %}
    {%- if not execute -%}
        {{ return('select 1 as not_compiled_yet') }}
    {%- endif -%}
    {%- set spine = asof._spine_of_view(view) -%}
    {%- set found = asof._experiment_of(model) -%}
    {%- if found is none -%}
        {%- do exceptions.warn(
            "asof.experiment: no experiment of model " ~ model ~ " is on record, so that " ~ this.identifier
            ~ " is empty; write `experiment` in models/" ~ model ~ ".yml, promote its aliases, then run: asof predict " ~ model
        ) -%}
        {{- return(asof._empty_readout()) -}}
    {%- endif -%}
    {{- return(asof._experiment_sql(model, view, spine, found)) -}}
{% endmacro %}


{# A readout without a row. #}
{% macro _empty_readout() -%}
select
    {%- for name, type in asof._experiment_columns() %}
    cast(null as {{ type }}) as {{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
where false
{%- endmacro %}


{% macro _experiment_sql(model, view, spine, experiment) -%}
{%- set binary = experiment.problem == 'binary' -%}
{%- set units = {} -%}
{%- for column in experiment.unit -%}
    {%- do units.update({'asof_unit_' ~ loop.index: column}) -%}
{%- endfor -%}
with arms as (
    select experiment, alias, version, share, started_at
    from {{ experiment.registry }}.experiments
    where model = '{{ model }}' and number = {{ experiment.number }}
),

known as (
    {{ asof._predictions_with_outcomes(experiment.predictions, view, spine, experiment.label, units) | indent(4) }}
),

-- the champion's row and those of the other arms since the experiment began, whose outcome is known by now
matured as (
    select
        arms.alias,
        {%- for unit in units %}
        predictions.{{ unit }} as unit_{{ loop.index }},
        {%- endfor %}
        {{ asof._loss(experiment) }} as loss,
        {{ 'predictions.asof_outcome::integer' if binary else 'null' }} as outcome
    from arms
    inner join known as predictions
        on
            arms.alias = predictions.alias
            and arms.version = predictions.version
            and arms.started_at < predictions.as_of
            and not predictions.hindsight
    {%- if experiment.problem == 'regression' %}
    where not isnan(predictions.asof_outcome::double)
    {%- endif %}
),

-- rows of one unit are not independent of each other: each unit counts once
by_unit as (
    select
        alias,
        {%- for column in experiment.unit %}
        unit_{{ loop.index }},
        {%- endfor %}
        avg(loss) as loss,
        min(outcome) = 0 as without,
        max(outcome) = 1 as with_it,
        count(*) as row_count
    from matured
    group by all
),

by_arm as (
    select
        alias,
        count(*) as units,
        cast(sum(row_count) as bigint) as row_count,
        avg(loss) as value,
        var_samp(loss) as variance,
        {{ asof._enough(binary, 'by_unit') }} as enough
    from by_unit
    group by alias
),

-- a shadow has scored the champion's units, too: its difference is that within each of them
paired as (
    select
        shadow.alias,
        count(*) as units,
        avg(shadow.loss - champion.loss) as difference,
        var_samp(shadow.loss - champion.loss) / count(*) as error_squared,
        {{ asof._enough(binary, 'shadow') }} as enough
    from by_unit as shadow
    inner join by_unit as champion
        on
            champion.alias = 'champion'
            {%- for column in experiment.unit %}
            and shadow.unit_{{ loop.index }} is not distinct from champion.unit_{{ loop.index }}
            {%- endfor %}
    inner join arms on shadow.alias = arms.alias and arms.share is null
    group by shadow.alias
),

compared as (
    select
        arms.*,
        coalesce(by_arm.units, 0) as units,
        coalesce(by_arm.row_count, 0) as row_count,
        by_arm.value,
        case
            when arms.alias = 'champion' then null
            when arms.share is null then paired.difference
            else by_arm.value - champion.value
        end as difference,
        case
            when arms.alias = 'champion' then null
            when arms.share is null then paired.error_squared
            else greatest(by_arm.variance, champion.variance) * (1 / by_arm.units + 1 / champion.units)
        end as error_squared,
        case when arms.share is null then paired.enough else by_arm.enough and champion.enough end as enough,
        case when arms.share is not null then coalesce(by_arm.units, 0) end as deciding_units,
        sum(deciding_units) over () as all_units
    from arms
    left join by_arm on arms.alias = by_arm.alias
    left join by_arm as champion on champion.alias = 'champion'
    left join paired on arms.alias = paired.alias
),

tested as (
    select
        *,
        pow({{ experiment.smallest_effect }}::double, 2) as mixture,
        case when enough then nullif(error_squared, 0) end as noise,
        -- of the units' sides under the mixture and under the declared shares: how many times likelier, as a logarithm
        lgamma(100) - lgamma(100 + all_units) + sum(
            lgamma(100 * share + deciding_units) - lgamma(100 * share) - deciding_units * ln(share)
        ) over () as other_shares
    from compared
),

bounds as (
    select
        *,
        sqrt(
            2 * noise * (noise + mixture) / mixture * (ln(1 / {{ experiment.alpha }}::double) + ln((noise + mixture) / noise) / 2)
        ) as radius,
        case
            when noise is not null then least(
                1,
                sqrt((noise + mixture) / noise) * exp(-mixture * pow(difference, 2) / (2 * noise * (noise + mixture)))
            )
        end as p_value,
        least(1, exp(-other_shares)) as sample_ratio_p_value,
        coalesce(sample_ratio_p_value < 0.001, false) as sample_ratio_mismatch
    from tested
)

select
    '{{ model }}' as model,
    experiment,
    alias,
    version,
    {{ asof.now() }} as read_at,
    started_at,
    '{{ experiment.metric }}' as metric,
    units,
    row_count as rows,
    value,
    difference,
    difference - radius as difference_low,
    difference + radius as difference_high,
    p_value,
    share as expected_share,
    deciding_units / nullif(all_units, 0)::double as share,
    sample_ratio_p_value,
    sample_ratio_mismatch,
    case
        when alias = 'champion' then null
        when sample_ratio_mismatch then 'invalid'
        when difference_high < 0 then 'won'
        when difference_low > 0 then 'lost'
        else 'open'
    end as verdict
from bounds
{%- endmacro %}


{# Whether the units that are counted are enough for their mean to be taken for normal, as SQL. #}
{% macro _enough(binary, units) -%}
    count(*) >= 100{% if binary %} and least(count(*) filter ({{ units }}.without), count(*) filter ({{ units }}.with_it)) >= 10
    {%- endif %}
{%- endmacro %}


{# What a row costs, as SQL: the metric is its mean. #}
{% macro _loss(experiment) %}
    {%- set label = 'predictions.asof_outcome' -%}
    {%- set number = label ~ '::integer' if experiment.problem == 'binary' else label -%}
    {{ return(asof._row_loss(
        experiment.problem, experiment.metric, 'predictions.score', number, asof._likelihood(experiment, label)
    )) }}
{% endmacro %}


{# The probability that a prediction gave to the outcome, as SQL. #}
{% macro _likelihood(experiment, label) %}
    {%- if experiment.problem == 'multiclass' -%}
        case {{ label }}
        {%- for name in experiment.classes %} when
            {{- ' ' ~ (dbt.string_literal(dbt.escape_single_quotes(name)) if name is string else name) }} then predictions.
            {{- adapter.quote('score_' ~ name) }}
        {%- endfor %} end
    {%- else -%}
        case when {{ label }}::integer = 1 then predictions.score else 1 - predictions.score end
    {%- endif -%}
{% endmacro %}


{# The last experiment of a model that was on record at the present; none if there is none. #}
{% macro _experiment_of(model) %}
    {%- set name = dbt.string_literal(dbt.escape_single_quotes(model)) -%}
    {%- set ml = asof._registry_schema('experiments') -%}
    {%- if ml is none -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set rows = run_query(
        "select number, metric, cast(unit as varchar), smallest_effect, alpha, version from " ~ ml
        ~ ".experiments where model = " ~ name ~ " and started_at <= " ~ asof.now()
        ~ " order by number desc, alias = 'champion' desc limit 1"
    ).rows -%}
    {%- if not rows -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set row = rows[0] -%}
    {%- set version = run_query(
        "select problem, label, cast(classes as varchar) from " ~ ml ~ ".model_versions where model = " ~ name
        ~ " and version = " ~ row[5]
    ).rows[0] -%}
    {%- set predictions = adapter.quote(var('asof_predictions_schema', none) or 'predictions') -%}
    {{ return({
        'registry': ml, 'number': row[0] | int, 'metric': row[1], 'unit': fromjson(row[2]), 'smallest_effect': row[3],
        'alpha': row[4], 'problem': version[0], 'label': version[1], 'classes': fromjson(version[2]) if version[2] else [],
        'predictions': adapter.quote(target.database) ~ '.' ~ predictions ~ '.' ~ adapter.quote(model),
    }) }}
{% endmacro %}


{% macro _experiment_columns() %}
    {{ return([
        ('model', 'varchar'), ('experiment', 'varchar'), ('alias', 'varchar'), ('version', 'integer'),
        ('read_at', 'timestamptz'), ('started_at', 'timestamptz'), ('metric', 'varchar'), ('units', 'bigint'),
        ('rows', 'bigint'), ('value', 'double'), ('difference', 'double'), ('difference_low', 'double'),
        ('difference_high', 'double'), ('p_value', 'double'), ('expected_share', 'double'), ('share', 'double'),
        ('sample_ratio_p_value', 'double'), ('sample_ratio_mismatch', 'boolean'), ('verdict', 'varchar'),
    ]) }}
{% endmacro %}
