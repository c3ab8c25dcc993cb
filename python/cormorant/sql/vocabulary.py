"""Enumerations that types and elements of programs name, and nothing here reads: imported when they are asked for."""

from __future__ import annotations

import enum

__all__ = ["InternalTraversal", "OperatorClass"]


class OperatorClass(enum.Flag):
    """Families of operators, for saying which ones a type has."""

    UNSPECIFIED = 0
    BOOLEAN = enum.auto()
    COMPARISON = enum.auto()
    CONTAINS = enum.auto()
    ANY = enum.auto()
    ARRAY = enum.auto()
    BINARY = enum.auto()
    BITWISE = enum.auto()
    CONCATENABLE = enum.auto()
    DATE_ARITHEMETIC = enum.auto()
    INDEXABLE = enum.auto()
    JSON_GETITEM = enum.auto()
    MATH = enum.auto()
    ORDERING = enum.auto()
    STRING_MATCH = enum.auto()
    TUPLE = enum.auto()
    EQUALITY = COMPARISON
    BASE = BOOLEAN | COMPARISON | ORDERING
    NUMERIC = BASE | MATH
    INTEGER = NUMERIC | BITWISE
    STRING = BASE | STRING_MATCH | CONCATENABLE
    DATETIME = BASE | DATE_ARITHEMETIC
    JSON = BASE | JSON_GETITEM
    BOOLEAN_ALGEBRA = BASE


class InternalTraversal(enum.Enum):
    """Kinds of attributes in `_traverse_internals`; accepted and not read: children are known from the node itself."""

    dp_has_cache_key = "HC"
    dp_has_cache_key_list = "HL"
    dp_clauseelement = "CE"
    dp_clauseelement_list = "CL"
    dp_clauseelement_tuple = "CT"
    dp_clauseelement_tuples = "CTS"
    dp_fromclause_canonical_column_collection = "FC"
    dp_fromclause_ordered_set = "CO"
    dp_string = "S"
    dp_string_list = "SL"
    dp_anon_name = "AN"
    dp_boolean = "B"
    dp_operator = "O"
    dp_type = "T"
    dp_plain_dict = "PD"
    dp_dialect_options = "DO"
    dp_string_clauseelement_dict = "CD"
    dp_string_multi_dict = "MD"
    dp_annotations_key = "AK"
    dp_plain_obj = "PO"
    dp_named_ddl_element = "DD"
    dp_prefix_sequence = "PS"
    dp_table_hint_list = "TH"
    dp_setup_join_tuple = "SJ"
    dp_memoized_select_entities = "ME"
    dp_statement_hint_list = "SH"
    dp_unknown_structure = "UK"
    dp_dml_ordered_values = "DML_OV"
    dp_dml_values = "DML_V"
    dp_dml_multi_values = "DML_MV"
    dp_with_context_options = "WC"
    dp_ignore = "IG"
    dp_inspectable = "IS"
    dp_multi = "M"
    dp_multi_list = "MT"
    dp_has_cache_key_tuples = "HT"
    dp_inspectable_list = "IL"
    dp_executable_options = "EO"
    dp_compile_state_funcs = "WCF"
    dp_params = "PA"
    dp_propagate_attrs = "PA2"
