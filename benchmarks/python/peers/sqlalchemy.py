"""SQLAlchemy, the peer whose API Cormorant has."""

from .alchemy import Alchemy


class Peer(Alchemy):
    def __init__(self) -> None:
        super().__init__("sqlalchemy")
        from sqlalchemy.util import has_compiled_ext

        self.remarks = "compiled parts" if has_compiled_ext() else "pure Python"
