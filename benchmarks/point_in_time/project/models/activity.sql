select * from read_parquet('{{ var("folder") }}/activity_bitemporal.parquet')
