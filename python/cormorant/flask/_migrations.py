"""What Alembic and Flask-Migrate get to see of the extension: SQLAlchemy's engines and tables, drawn by `cormorant.migrate`.

env.py asks the extension for `engines` and `metadatas` while an Alembic environment is active; only then are these drawn. Sessions
and models have Cormorant's own at all times, also those that a migration uses.
"""

from __future__ import annotations

import sys
from typing import Any, Dict, Optional


def running() -> bool:
    """Whether an Alembic environment is active: its `context` module has a `config` just so long."""
    context = sys.modules.get("alembic.context")
    return context is not None and hasattr(context, "config")


def engines(ours: Dict[Optional[str], Any]) -> Dict[Optional[str], Any]:
    from ..migrate import to_engine

    return {key: to_engine(engine) for key, engine in ours.items()}


def metadatas(ours: Dict[Optional[str], Any]) -> Dict[Optional[str], Any]:
    from ..migrate import to_sqlalchemy

    return {key: to_sqlalchemy(metadata) for key, metadata in ours.items()}
