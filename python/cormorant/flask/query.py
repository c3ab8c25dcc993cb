"""`Query` with the helpers of a web view: 404 answers and pages."""

from __future__ import annotations

from typing import Any, Optional

from flask import abort

from .. import exc as sa_exc
from ..orm import Query as OrmQuery
from .pagination import Pagination, QueryPagination


class Query(OrmQuery):  # type: ignore[type-arg]
    """What `Model.query` answers."""

    def get_or_404(self, ident: Any, description: Optional[str] = None) -> Any:
        found = self.get(ident)
        return found if found is not None else abort(404, description=description)

    def first_or_404(self, description: Optional[str] = None) -> Any:
        found = self.first()
        return found if found is not None else abort(404, description=description)

    def one_or_404(self, description: Optional[str] = None) -> Any:
        try:
            return self.one()
        except (sa_exc.NoResultFound, sa_exc.MultipleResultsFound):
            abort(404, description=description)

    def paginate(
        self, *, page: Optional[int] = None, per_page: Optional[int] = None, max_per_page: Optional[int] = None,
        error_out: bool = True, count: bool = True,
    ) -> Pagination:
        """One page of the rows; numbers that are not given come from the request's `page` and `per_page`."""
        return QueryPagination(query=self, page=page, per_page=per_page, max_per_page=max_per_page, error_out=error_out, count=count)
