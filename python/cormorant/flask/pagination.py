"""Pages of a query or select."""

from __future__ import annotations

from math import ceil
from typing import Any, Iterator, List, Optional

from flask import abort, request

from .. import func, select
from .. import orm as sa_orm


class Pagination:
    """A page of rows, and what a template needs to lead to the others."""

    def __init__(
        self, page: Optional[int] = None, per_page: Optional[int] = None, max_per_page: Optional[int] = 100,
        error_out: bool = True, count: bool = True, **kwargs: Any,
    ) -> None:
        self._query_args = kwargs
        page, per_page = self._prepare_page_args(page=page, per_page=per_page, max_per_page=max_per_page, error_out=error_out)
        self.page: int = page
        """Number of this page, from 1."""
        self.per_page: int = per_page
        self.max_per_page: Optional[int] = max_per_page
        items = self._query_items()
        if not items and page != 1 and error_out:
            abort(404)
        self.items: List[Any] = items
        self.total: Optional[int] = self._query_count() if count else None
        """Number of rows on all pages; None when they were not counted."""

    @staticmethod
    def _prepare_page_args(
        *, page: Optional[int] = None, per_page: Optional[int] = None, max_per_page: Optional[int] = None, error_out: bool = True
    ) -> Any:
        page = _number("page", page, 1, error_out)
        per_page = _number("per_page", per_page, 20, error_out)
        if max_per_page is not None:
            per_page = min(per_page, max_per_page)
        if page < 1:
            page = abort(404) if error_out else 1
        if per_page < 1:
            per_page = abort(404) if error_out else 20
        return page, per_page

    @property
    def _query_offset(self) -> int:
        return (self.page - 1) * self.per_page

    def _query_items(self) -> List[Any]:
        raise NotImplementedError(f"{type(self).__name__}._query_items() must answer the rows of the page")

    def _query_count(self) -> int:
        raise NotImplementedError(f"{type(self).__name__}._query_count() must answer the number of rows")

    @property
    def first(self) -> int:
        """Number of the first row of the page, from 1; 0 when there is none."""
        return (self.page - 1) * self.per_page + 1 if self.items else 0

    @property
    def last(self) -> int:
        first = self.first
        return max(first, first + len(self.items) - 1)

    @property
    def pages(self) -> int:
        return ceil(self.total / self.per_page) if self.total else 0

    @property
    def has_prev(self) -> bool:
        return self.page > 1

    @property
    def prev_num(self) -> Optional[int]:
        return self.page - 1 if self.has_prev else None

    @property
    def has_next(self) -> bool:
        return self.page < self.pages

    @property
    def next_num(self) -> Optional[int]:
        return self.page + 1 if self.has_next else None

    def _turn(self, to: int, error_out: bool) -> "Pagination":
        return self.__class__(
            page=to, per_page=self.per_page, max_per_page=self.max_per_page, error_out=error_out, count=self.total is not None, **self._query_args
        )

    def prev(self, *, error_out: bool = False) -> "Pagination":
        return self._turn(self.page - 1, error_out)

    def next(self, *, error_out: bool = False) -> "Pagination":
        return self._turn(self.page + 1, error_out)

    def iter_pages(self, *, left_edge: int = 2, left_current: int = 2, right_current: int = 4, right_edge: int = 2) -> Iterator[Optional[int]]:
        """Page numbers for links: both edges, the surroundings of this page, and None for each gap."""
        end = self.pages + 1
        if end == 1:
            return
        left_end = min(1 + left_edge, end)
        yield from range(1, left_end)
        if left_end == end:
            return
        mid_start = max(left_end, self.page - left_current)
        mid_end = min(self.page + right_current + 1, end)
        if mid_start - left_end > 0:
            yield None
        yield from range(mid_start, mid_end)
        if mid_end == end:
            return
        right_start = max(mid_end, end - right_edge)
        if right_start - mid_end > 0:
            yield None
        yield from range(right_start, end)

    def __iter__(self) -> Iterator[Any]:
        yield from self.items


def _number(name: str, value: Optional[int], default: int, error_out: bool) -> int:
    """The value, else the request's argument of that name, else the default; a text that is no number is a 404."""
    if value is not None:
        return value
    if not request:
        return default
    try:
        return int(request.args.get(name, default))
    except (TypeError, ValueError):
        return abort(404) if error_out else default


class SelectPagination(Pagination):
    """Of `db.paginate(select(...))`."""

    def _query_items(self) -> List[Any]:
        statement = self._query_args["select"].limit(self.per_page).offset(self._query_offset)
        return list(self._query_args["session"].execute(statement).unique().scalars())

    def _query_count(self) -> int:
        inner = self._query_args["select"].options(sa_orm.lazyload("*")).order_by(None).subquery()
        return self._query_args["session"].execute(select(func.count()).select_from(inner)).scalar() or 0


class QueryPagination(Pagination):
    """Of `Model.query.paginate()`."""

    def _query_items(self) -> List[Any]:
        return self._query_args["query"].limit(self.per_page).offset(self._query_offset).all()

    def _query_count(self) -> int:
        return self._query_args["query"].order_by(None).count()
