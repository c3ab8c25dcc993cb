"""FROM elements and SELECT under the module path that programs import them from."""

from .base import Executable as Executable, ExecutableStatement as ExecutableStatement, Generative as Generative
import typing as t

from .fromclause import *
from .statements import *

ForUpdateParameter: t.TypeAlias = t.Union[ForUpdateArg, None, bool, dict[str, t.Any]]
