"""The base of event families."""

from .registry import Family as Events

__all__ = ["Events"]
