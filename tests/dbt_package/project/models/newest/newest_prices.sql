-- one row per entity of prices that has a visible row
{{ asof.newest_rows(ref('prices'), "cast('2024-05-01 14:30:00+00' as timestamptz)") }}
