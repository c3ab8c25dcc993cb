"""Types of Oracle Database, by name: models that mention them work, and spell them in DDL. There is no driver."""

from __future__ import annotations

from .base import *  # noqa: F403
from .base import __all__ as __all__
