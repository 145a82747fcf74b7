"""Acting: one module per feature with its commands and handlers, and the bus that checks, signs, commits and records refusals."""
