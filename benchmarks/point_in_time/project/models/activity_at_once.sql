select * exclude (known_at) from read_parquet('{{ var("folder") }}/activity_punctual.parquet')
