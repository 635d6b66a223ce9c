select * from read_parquet('{{ var("folder") }}/stock_bitemporal.parquet')
