"""Reading: one module per feature, frozen rows and the queries that fill them."""
