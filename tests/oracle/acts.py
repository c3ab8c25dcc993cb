"""Operations of machines that have habits (`habits.py`), as a part of `world.World`."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from .machine import Op

Where = t.Optional[t.Tuple[str, t.Any]]
SKIPPED = "skipped"


class Interruption(Exception):
    """What a listener raises."""


class Acts:
    sa: t.Any
    orm: t.Any
    session: t.Any
    machine: t.Any
    classes: t.Dict[str, t.Any]
    objects: t.Dict[str, t.Any]

    def do_failing(self, op: Op, when: str) -> None:
        def interrupt(*args: t.Any) -> None:
            raise Interruption(when)

        self.sa.event.listen(self.session, when, interrupt)
        try:
            self.session.commit() if when == "before_commit" else self.session.flush()
        finally:
            self.sa.event.remove(self.session, when, interrupt)

    # ---- statements

    def ordered(self, stmt: t.Any, entity: t.Any, klass: str) -> t.Any:
        return stmt.order_by(*(getattr(entity, c.name) for c in self.machine.model.key_columns(klass)))

    def narrowed(self, stmt: t.Any, entity: t.Any, where: Where) -> t.Any:
        return stmt.where(getattr(entity, where[0]) == where[1]) if where else stmt

    def with_loaders(self, stmt: t.Any, entity: t.Any, loaders: t.Iterable[t.Tuple[str, str]]) -> t.Any:
        return stmt.options(*(getattr(self.orm, loader)(getattr(entity, name)) for loader, name in loaders))

    def entities(self, stmt: t.Any) -> t.List[t.Any]:
        return list(self.session.scalars(stmt).unique().all())

    def do_page(self, op: Op, klass: str, alias: bool, where: Where, loaders: t.Any, limit: int, offset: int) -> t.Any:
        entity = self.orm.aliased(self.classes[klass]) if alias else self.classes[klass]
        stmt = self.narrowed(self.ordered(self.sa.select(entity), entity, klass), entity, where)
        return self.entities(self.with_loaders(stmt, entity, loaders).limit(limit).offset(offset))

    def do_over(self, op: Op, klass: str, how: str, where: Where, other: Where, loaders: t.Any) -> t.Any:
        cls = self.classes[klass]
        inner = self.narrowed(self.sa.select(cls), cls, where)
        if how == "union":
            inner = self.sa.union(inner, self.narrowed(self.sa.select(cls), cls, other))
        entity = self.orm.aliased(cls, inner.cte() if how == "cte" else inner.subquery())
        stmt = self.ordered(self.sa.select(entity), entity, klass)
        return self.entities(self.with_loaders(self.narrowed(stmt, entity, other if how != "union" else None), entity, loaders))

    def do_deeper(self, op: Op, klass: str, first: t.Any, second: t.Any, populate: bool) -> t.Any:
        cls = self.classes[klass]
        relation = getattr(cls, first[1])
        target = relation.property.mapper.class_
        path = getattr(getattr(self.orm, first[0])(relation), second[0])(getattr(target, second[1]))
        stmt = self.ordered(self.sa.select(cls), cls, klass).options(path)
        return self.entities(stmt.execution_options(populate_existing=True) if populate else stmt)

    def do_criteria(self, op: Op, klass: str, attr: str, target: str, where: t.Any, loader: str, aliases: bool) -> t.Any:
        cls, of = self.classes[klass], self.classes[target]
        criteria = self.orm.with_loader_criteria(of, getattr(of, where[0]) == where[1], include_aliases=aliases)
        stmt = self.ordered(self.sa.select(cls), cls, klass).options(getattr(self.orm, loader)(getattr(cls, attr)), criteria)
        return self.entities(stmt.execution_options(populate_existing=True))

    def do_contained(self, op: Op, klass: str, attr: str, where: Where, outer: bool, alias: bool) -> t.Any:
        cls = self.classes[klass]
        relation = getattr(cls, attr)
        target = relation.property.mapper.class_
        if alias:
            target = self.orm.aliased(target)
            relation = relation.of_type(target)
        stmt = self.narrowed(self.ordered(self.sa.select(cls), cls, klass).join(relation, isouter=outer), target, where)
        return self.entities(stmt.options(self.orm.contains_eager(relation)).execution_options(populate_existing=True))

    def do_polymorphic(self, op: Op, klass: str, below: str, how: str, where: Where) -> t.Any:
        cls, sub = self.classes[klass], self.classes[below]
        if how == "selectin":
            return self.entities(self.ordered(self.sa.select(cls), cls, klass).options(self.orm.selectin_polymorphic(cls, [sub])))
        entity = self.orm.with_polymorphic(cls, "*" if where else [sub])
        stmt = self.ordered(self.sa.select(entity), entity, klass)
        return self.entities(self.narrowed(stmt, getattr(entity, below), where if how == "with_where" else None))

    def do_insert_many(self, op: Op, klass: str, rows: t.Any, returning: bool) -> t.Any:
        cls = self.classes[klass]
        values = [dict(row) for row in rows]
        if not returning:
            return self.session.execute(self.sa.insert(cls), values) and None
        return list(self.session.scalars(self.sa.insert(cls).returning(cls, sort_by_parameter_order=True), values))

    # ---- attributes of other kinds

    def do_proxy(self, op: Op, name: str, side: str, how: str, value: t.Any) -> t.Any:
        if name not in self.objects:
            return SKIPPED
        obj = self.objects[name]
        values = getattr(obj, f"{side}_proxy")
        if how == "append":
            (values.add if hasattr(values, "add") else values.append)(value)
        elif how == "remove":
            values.remove(value)
        elif how == "replace":
            setattr(obj, f"{side}_proxy", [value])
        return sorted(values, key=repr)

    def do_proxy_query(self, op: Op, klass: str, side: str, value: t.Any, how: str) -> t.Any:
        cls = self.classes[klass]
        proxy = getattr(cls, f"{side}_proxy")
        found = {"equals": lambda: proxy == value, "contains": lambda: proxy.contains(value), "any": lambda: proxy.any()}[how]()
        return self.entities(self.ordered(self.sa.select(cls).where(found), cls, klass))

    def do_more(self, op: Op, name: str, value: t.Optional[int]) -> t.Any:
        if name not in self.objects:
            return SKIPPED
        if value is not None:
            self.objects[name].more = value
        return self.objects[name].more

    def do_more_query(self, op: Op, klass: str, value: int) -> t.Any:
        cls = self.classes[klass]
        return [tuple(row) for row in self.session.execute(self.ordered(self.sa.select(cls, cls.more).where(cls.more >= value), cls, klass)).unique()]

    def do_more_update(self, op: Op, klass: str, where: int, value: int, how: t.Any) -> t.Any:
        cls = self.classes[klass]
        stmt = self.sa.update(cls).where(cls.more == where).values({cls.more: value})
        return self.session.execute(stmt, execution_options={"synchronize_session": how}).rowcount

    def do_queued(self, op: Op, name: str, attr: str, how: str, target: t.Optional[str]) -> t.Any:
        if name not in self.objects or target not in self.objects:
            return SKIPPED
        obj, member = self.objects[name], self.objects[target]
        queue = getattr(obj, attr)
        dynamic = hasattr(queue, "append")
        if how == "add":
            return (queue.append if dynamic else queue.add)(member)
        if how == "remove":
            return queue.remove(member)
        if how == "replace":
            return setattr(obj, attr, [member])
        found = queue.all() if dynamic else self.session.scalars(queue.select()).all()
        return sorted({self.name(x) for x in found})

    def name(self, obj: t.Any) -> str:
        raise NotImplementedError
