"""Marker classes: where in a statement something may stand. The core knows by the node; these are for isinstance()."""

from __future__ import annotations


class SQLRole:
    """A place in a statement."""

    __slots__ = ()



class AllowsLambdaRole:
    __slots__ = ()


class UsesInspection:
    __slots__ = ()


class ByOfRole(SQLRole):
    __slots__ = ()


class StructuralRole(SQLRole):
    __slots__ = ()


class ColumnsClauseRole(AllowsLambdaRole, UsesInspection, StructuralRole):
    __slots__ = ()


class TypedColumnsClauseRole(ColumnsClauseRole):
    __slots__ = ()

    def __class_getitem__(cls, item: object) -> type:
        return cls


class ExpressionElementRole(TypedColumnsClauseRole):
    __slots__ = ()


class ConstExprRole(ExpressionElementRole):
    __slots__ = ()


class LabeledColumnExprRole(ExpressionElementRole):
    __slots__ = ()


class BinaryElementRole(ExpressionElementRole):
    __slots__ = ()


class InElementRole(SQLRole):
    __slots__ = ()


class OrderByRole(AllowsLambdaRole, ByOfRole):
    __slots__ = ()


class GroupByRole(AllowsLambdaRole, UsesInspection, ByOfRole):
    __slots__ = ()


class LimitOffsetRole(SQLRole):
    __slots__ = ()


class LimitByRole(LimitOffsetRole):
    __slots__ = ()


class WhereHavingRole(StructuralRole):
    __slots__ = ()


class OnClauseRole(AllowsLambdaRole, StructuralRole):
    __slots__ = ()


class StatementOptionRole(StructuralRole):
    __slots__ = ()


class FromClauseRole(ColumnsClauseRole):
    __slots__ = ()


class JoinTargetRole(AllowsLambdaRole, UsesInspection, StructuralRole):
    __slots__ = ()


class StrictFromClauseRole(FromClauseRole):
    __slots__ = ()


class AnonymizedFromClauseRole(StrictFromClauseRole):
    __slots__ = ()


class ReturnsRowsRole(SQLRole):
    __slots__ = ()


class StatementRole(SQLRole):
    __slots__ = ()


class SelectStatementRole(StatementRole, ReturnsRowsRole):
    __slots__ = ()


class HasCTERole(ReturnsRowsRole):
    __slots__ = ()


class CompoundElementRole(AllowsLambdaRole, SQLRole):
    __slots__ = ()


class DMLRole(StatementRole):
    __slots__ = ()


class DMLTableRole(FromClauseRole):
    __slots__ = ()


class DMLColumnRole(SQLRole):
    __slots__ = ()


class DMLSelectRole(SQLRole):
    __slots__ = ()


class DDLRole(StatementRole):
    __slots__ = ()


class DDLExpressionRole(StructuralRole):
    __slots__ = ()


class DDLConstraintColumnRole(SQLRole):
    __slots__ = ()


class DDLReferredColumnRole(DDLConstraintColumnRole):
    __slots__ = ()
