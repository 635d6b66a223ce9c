-- one row per entity of leases that has a visible row
{{ asof.newest_rows(ref('leases'), "cast('2024-05-01 14:30:00+00' as timestamptz)") }}
