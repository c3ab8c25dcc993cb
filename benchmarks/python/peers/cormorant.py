"""Cormorant."""

from .alchemy import Alchemy


class Peer(Alchemy):
    def __init__(self) -> None:
        super().__init__("cormorant")
