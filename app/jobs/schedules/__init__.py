"""Tasks that people have done at planned times: what stands in the table is what the worker does."""
