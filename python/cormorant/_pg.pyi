"""The PostgreSQL driver, on libpq. Importing it registers the driver."""

libpq_version: int

def waits() -> int:
    """How often connections waited for replies of a server, so far."""

def binary_results() -> int:
    """How many results came in binary, so far."""
