"""What `benchmarks/cluster` is made of: nodes behind nginx, one PostgreSQL, and what is done to them."""
