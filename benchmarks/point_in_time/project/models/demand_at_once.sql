select * exclude (known_at) from read_parquet('{{ var("folder") }}/demand_punctual.parquet')
