with arms as (
    select experiment, alias, version, share, started_at
    from "shop"."ml".experiments
    where model = 'answer' and number = 1
),

known as (
    select
        predictions.*,
        features."customer_id" as asof_unit_1,
        features."is_yes" as asof_outcome
    from "shop"."predictions"."answer" as predictions
    inner join "shop"."main_shop"."questions_known" as features
        on
            predictions."question_id" = features."question_id" and
            predictions.as_of = features."asked_at"
    where
        features."is_yes" is not null
        and features.label_known_at <= cast('2024-06-16 16:00:00+00:00' as timestamptz)
        and predictions.scored_at <= cast('2024-06-16 16:00:00+00:00' as timestamptz)
),

-- the champion's row and those of the other arms since the experiment began, whose outcome is known by now
matured as (
    select
        arms.alias,
        predictions.asof_unit_1 as unit_1,
        pow(predictions.score - predictions.asof_outcome::integer, 2) as loss,
        predictions.asof_outcome::integer as outcome
    from arms
    inner join known as predictions
        on
            arms.alias = predictions.alias
            and arms.version = predictions.version
            and arms.started_at < predictions.as_of
            and not predictions.hindsight
),

-- rows of one unit are not independent of each other: each unit counts once
by_unit as (
    select
        alias,
        unit_1,
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
        count(*) >= 100 and least(count(*) filter (by_unit.without), count(*) filter (by_unit.with_it)) >= 10 as enough
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
        count(*) >= 100 and least(count(*) filter (shadow.without), count(*) filter (shadow.with_it)) >= 10 as enough
    from by_unit as shadow
    inner join by_unit as champion
        on
            champion.alias = 'champion'
            and shadow.unit_1 is not distinct from champion.unit_1
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
        pow(0.02::double, 2) as mixture,
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
            2 * noise * (noise + mixture) / mixture * (ln(1 / 0.05::double) + ln((noise + mixture) / noise) / 2)
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
    'answer' as model,
    experiment,
    alias,
    version,
    cast('2024-06-16 16:00:00+00:00' as timestamptz) as read_at,
    started_at,
    'brier_score' as metric,
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
