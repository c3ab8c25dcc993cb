"""Column expressions under the module path that programs import them from."""

from __future__ import annotations

from .._late import late
from .clauses import *  # noqa: F403
from .clauses import __all__ as _clause_names
from .constructors import *  # noqa: F403
from .constructors import __all__ as _constructor_names
from .items import conv, quoted_name
from .nodes import *  # noqa: F403
from .nodes import __all__ as _node_names

_textual_label_reference = LabelReference  # noqa: F405


class _label_reference:  # noqa: N801 - the name of the API
    """Nothing is an instance of it: an expression in ORDER BY stands there itself. Programs ask whether one is wrapped."""


_WINDOWS = ("AggregateOrderBy", "FrameClause", "FrameClauseType", "FunctionFilter", "Over", "WithinGroup")
__getattr__, __dir__ = late(__name__, {"traversals": ("CacheKey",), "windows": _WINDOWS})

__all__ = [*_node_names, *_clause_names, *_WINDOWS, "CacheKey", *_constructor_names, "conv", "quoted_name"]
