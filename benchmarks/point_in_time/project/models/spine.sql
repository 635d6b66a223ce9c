select * from read_parquet('{{ var("folder") }}/spine.parquet')
