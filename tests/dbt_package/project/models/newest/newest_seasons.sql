-- one row per entity of seasons that has a visible row
{{ asof.newest_rows(ref('seasons'), "cast('2024-05-01 15:30:00+00' as timestamptz)") }}
