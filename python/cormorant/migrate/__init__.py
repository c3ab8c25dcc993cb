"""Alembic and Flask-Migrate on Cormorant's models: the one place where the two libraries meet.

Alembic compares and writes migrations by SQLAlchemy's tables. `to_sqlalchemy` draws these after a Cormorant MetaData, for one
direction and one purpose: what is made here defines tables, it is not for queries. In the env.py of plain Alembic:

    from cormorant.migrate import to_sqlalchemy
    target_metadata = to_sqlalchemy(Base.metadata)

With Flask-Migrate nothing is to be done: while an Alembic environment is active, `db.metadatas` and `db.engines` of
`cormorant.flask` are those made here. Connections, engines and MetaData given to Alembic are replaced (`border.py`), under
`cormorant.compat` always, else once this module is imported. Needs `pip install cormorant[migrate]`.
"""

from __future__ import annotations

try:
    import alembic
    import sqlalchemy
except ImportError as e:
    raise ImportError(f"cormorant.migrate needs SQLAlchemy and Alembic: pip install 'cormorant[migrate]' ({e})") from e

from .border import place
from .engines import to_engine
from .tables import to_sqlalchemy
from .types import Spelled

__all__ = ["Spelled", "to_engine", "to_sqlalchemy"]

place()
