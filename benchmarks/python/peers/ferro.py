"""Ferro, a Rust-backed ORM that asks for Python 3.13: on an older one its absence is said."""

from __future__ import annotations

import ferro  # noqa: F401

from .contender import Contender


class Peer(Contender):
    name = "ferro"
