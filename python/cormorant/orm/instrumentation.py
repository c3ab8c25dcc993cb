"""What is instrumented, and by which manager."""

from __future__ import annotations

import typing as t

from .. import _core
from .base import instance_dict, instance_state, manager_of_class
from .mapper import ClassManager


def is_instrumented(instance: t.Any, key: str) -> bool:
    """Whether an attribute of an instance is a mapped one."""
    return bool(_core.inst_is_mapped(instance)) and key in manager_of_class(type(instance))


__all__ = ["ClassManager", "instance_dict", "instance_state", "is_instrumented", "manager_of_class"]
