"""PostgreSQL."""

from __future__ import annotations

from ...types import (
    BIGINT, BOOLEAN, CHAR, DATE, DOUBLE, DOUBLE_PRECISION, FLOAT, INTEGER, NUMERIC, REAL, SMALLINT, TEXT, UUID, VARCHAR,
)
from .array import ARRAY, All, Any, array, array_agg
from .base import PGDialect, dialect
from .bitstring import BitString
from .dml import Insert, insert
from .ext import (
    DistinctOnClause, ExcludeConstraint, aggregate_order_by, distinct_on, phraseto_tsquery, plainto_tsquery, to_tsquery, to_tsvector,
    ts_headline, websearch_to_tsquery,
)
from .hstore import HSTORE, hstore
from .json import JSON, JSONB, JSONPATH
from .named_types import CreateDomainType, CreateEnumType, DOMAIN, DropDomainType, DropEnumType, ENUM, NamedType
from .ranges import (
    AbstractMultiRange, AbstractRange, AbstractSingleRange, DATEMULTIRANGE, DATERANGE, INT4MULTIRANGE, INT4RANGE, INT8MULTIRANGE,
    INT8RANGE, MultiRange, NUMMULTIRANGE, NUMRANGE, Range, TSMULTIRANGE, TSRANGE, TSTZMULTIRANGE, TSTZRANGE,
)
from .types import (
    BIT, BYTEA, CIDR, CITEXT, INET, INTERVAL, MACADDR, MACADDR8, MONEY, OID, REGCLASS, REGCONFIG, TIME, TIMESTAMP, TSQUERY,
    TSVECTOR, PGBit, PGCidr, PGInet, PGInterval, PGMacAddr, PGMacAddr8, PGUuid,
)

__all__ = [
    "ARRAY", "AbstractMultiRange", "AbstractRange", "AbstractSingleRange", "All", "Any", "BIGINT", "BIT", "BOOLEAN", "BYTEA", "BitString",
    "CHAR", "CIDR", "CITEXT", "CreateDomainType", "CreateEnumType", "DATE", "DATEMULTIRANGE", "DATERANGE", "DOMAIN", "DOUBLE",
    "DOUBLE_PRECISION", "DistinctOnClause", "DropDomainType", "DropEnumType", "ENUM", "ExcludeConstraint", "FLOAT", "HSTORE", "INET",
    "INT4MULTIRANGE", "INT4RANGE", "INT8MULTIRANGE", "INT8RANGE", "INTEGER", "INTERVAL", "Insert", "JSON", "JSONB", "JSONPATH",
    "MACADDR", "MACADDR8", "MONEY", "MultiRange", "NUMERIC", "NUMMULTIRANGE", "NUMRANGE", "NamedType", "OID", "PGBit", "PGCidr",
    "PGDialect", "PGInet", "PGInterval", "PGMacAddr", "PGMacAddr8", "PGUuid", "REAL", "REGCLASS", "REGCONFIG", "Range",
    "SMALLINT", "TEXT", "TIME", "TIMESTAMP", "TSMULTIRANGE", "TSQUERY", "TSRANGE", "TSTZMULTIRANGE", "TSTZRANGE", "TSVECTOR",
    "UUID", "VARCHAR", "aggregate_order_by", "array", "array_agg", "dialect", "distinct_on", "hstore", "insert", "phraseto_tsquery",
    "plainto_tsquery", "to_tsquery", "to_tsvector", "ts_headline", "websearch_to_tsquery",
]  # fmt: skip
