"""The driver of MariaDB and MySQL, on libmariadb. Importing it registers the driver."""

client_version: str

def waits() -> int:
    """How often connections waited for replies of a server, so far."""
