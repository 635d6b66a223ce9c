select * from read_parquet('{{ var("folder") }}/demand_bitemporal.parquet')
