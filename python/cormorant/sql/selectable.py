"""FROM elements and SELECT under the module path that programs import them from."""

from __future__ import annotations

import typing as t

from .base import Executable, ExecutableStatement, Generative
from .fromclause import *  # noqa: F403
from .fromclause import __all__ as _from_names
from .statements import *  # noqa: F403
from .statements import __all__ as _statement_names

ForUpdateParameter = t.Union["ForUpdateArg", None, bool, t.Dict[str, t.Any]]  # noqa: F405

__all__ = [*_from_names, *_statement_names, "Executable", "ExecutableStatement", "ForUpdateParameter", "Generative"]
