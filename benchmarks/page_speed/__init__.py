"""What `benchmarks/page` is made of."""
