"""MariaDB under its own name."""

from __future__ import annotations

from .base import MySQLDialect
from .types import INET4, INET6

__all__ = ["INET4", "INET6", "MariaDBDialect", "dialect"]


class MariaDBDialect(MySQLDialect):
    """MariaDB: INSERT and DELETE with RETURNING, sequences, a type UUID."""

    name = "mariadb"
    is_mariadb = True
    insert_returning = delete_returning = True
    supports_native_uuid = True
    supports_sequences = True


dialect = MariaDBDialect
