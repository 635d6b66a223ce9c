select * exclude (known_at) from read_parquet('{{ var("folder") }}/stock_punctual.parquet')
