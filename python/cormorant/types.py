"""The SQL types, and the bases for types of one's own."""

from .sql.sqltypes import *  # noqa: F403
from .sql.sqltypes import (
    __all__,  # noqa: F401
    _Binary as _Binary,  # libraries ask with it for binary types of any kind
)
