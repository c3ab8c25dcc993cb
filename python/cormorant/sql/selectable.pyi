"""FROM elements and SELECT under the module path that programs import them from."""

from .base import Executable as Executable, ExecutableStatement as ExecutableStatement, Generative as Generative
from .fromclause import *
from .statements import *
