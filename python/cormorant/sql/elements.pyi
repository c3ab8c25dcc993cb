"""Column expressions under the module path that programs import them from."""

from .clauses import *
from .constructors import *
from .items import conv as conv, quoted_name as quoted_name
from .nodes import *
from .traversals import CacheKey as CacheKey
from .windows import *
