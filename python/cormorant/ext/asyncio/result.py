"""The result half, under the module path that programs import it from."""

from . import AsyncMappingResult as AsyncMappingResult
from . import AsyncResult as AsyncResult
from . import AsyncScalarResult as AsyncScalarResult
from . import AsyncTupleResult as AsyncTupleResult
from . import _refuse

_ensure_sync_result = _refuse("_ensure_sync_result")
