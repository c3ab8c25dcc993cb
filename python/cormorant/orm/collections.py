"""Collections of relationships.

Plain lists and sets are the C types InstrumentedList and InstrumentedSet. Any other `collection_class` gets an instrumented
subclass here, whose mutators announce members before they come or go. Dictionaries are keyed by a function of the member.
"""

from __future__ import annotations

import operator
import typing as t
import weakref

from .. import _core, exc
from .exc import ObjectDereferencedError

InstrumentedList = _core.InstrumentedList
InstrumentedSet = _core.InstrumentedSet

_instrumented: "weakref.WeakKeyDictionary[type, type]" = weakref.WeakKeyDictionary()


class collection:  # noqa: N801 - the name of the API
    """Decorators that say what the methods of a custom collection class do."""

    @staticmethod
    def appender(fn: t.Any) -> t.Any:
        fn._sa_role = "appender"
        return fn

    @staticmethod
    def remover(fn: t.Any) -> t.Any:
        fn._sa_role = "remover"
        return fn

    @staticmethod
    def iterator(fn: t.Any) -> t.Any:
        fn._sa_role = "iterator"
        return fn

    @staticmethod
    def internally_instrumented(fn: t.Any) -> t.Any:
        fn._sa_plain = True
        return fn

    @staticmethod
    def adds(arg: t.Union[int, str]) -> t.Callable[[t.Any], t.Any]:
        return _announcing("_sa_adds", arg)

    @staticmethod
    def removes(arg: t.Union[int, str]) -> t.Callable[[t.Any], t.Any]:
        return _announcing("_sa_removes", arg)

    @staticmethod
    def removes_return() -> t.Callable[[t.Any], t.Any]:
        return _announcing("_sa_removes_return", True)

    @staticmethod
    def replaces(arg: t.Union[int, str]) -> t.Callable[[t.Any], t.Any]:
        raise NotImplementedError("collection.replaces() is not supported yet")


def _announcing(name: str, arg: t.Any) -> t.Callable[[t.Any], t.Any]:
    def mark(fn: t.Any) -> t.Any:
        setattr(fn, name, arg)
        return fn

    return mark


class _Linked:
    """A collection that knows whose it is."""

    _sa_owner: t.Any = None
    _sa_in_session = False
    _sa_key: t.Any = None
    _sa_silent = False

    def _sa_tell(self, member: t.Any, append: bool) -> None:
        owner = self._sa_owner() if self._sa_owner is not None and not self._sa_silent else None
        if owner is None and self._sa_in_session and not self._sa_silent:
            raise ObjectDereferencedError(
                f"Can't emit change event for attribute '{self._sa_key}' - its parent object has been garbage collected; keep a reference to it"
            )
        if owner is not None:
            (_core.coll_append if append else _core.coll_remove)(owner, self._sa_key, member)

    @property
    def _sa_adapter(self) -> "CollectionAdapter":
        return CollectionAdapter(self)


def _linked_base(cls: type) -> t.Any:
    """The nearest base that is the builtin container itself."""
    return next((b for b in (list, set, dict) if issubclass(cls, b)), None)


class _ListMethods(_Linked):
    def append(self, item: t.Any) -> None:
        self._sa_tell(item, True)
        self._sa_quietly("append", item)

    def _sa_quietly(self, method: str, *args: t.Any) -> t.Any:
        """Calls the method of the class that the user wrote, with announcements off: this level made them."""
        before, self._sa_silent = self._sa_silent, True
        try:
            return getattr(super(), method)(*args)
        finally:
            self._sa_silent = before

    def extend(self, items: t.Iterable[t.Any]) -> None:
        for item in list(items):
            self.append(item)

    def __iadd__(self, items: t.Iterable[t.Any]) -> t.Any:
        self.extend(items)
        return self

    def insert(self, index: int, item: t.Any) -> None:
        self._sa_tell(item, True)
        self._sa_quietly("insert", index, item)

    def remove(self, item: t.Any) -> None:
        if item not in self:  # type: ignore[operator]
            raise ValueError("list.remove(x): x not in list")
        self._sa_tell(item, False)
        self._sa_quietly("remove", item)

    def pop(self, index: int = -1) -> t.Any:
        self._sa_tell(self[index], False)  # type: ignore[index]
        return self._sa_quietly("pop", index)

    def clear(self) -> None:
        for item in list(self):  # type: ignore[call-overload]
            self._sa_tell(item, False)
        self._sa_quietly("clear")

    def __setitem__(self, index: t.Any, value: t.Any) -> None:
        if isinstance(index, slice):
            value = list(value)
        for old in self[index] if isinstance(index, slice) else [self[index]]:  # type: ignore[index]
            self._sa_tell(old, False)
        for new in value if isinstance(index, slice) else [value]:
            self._sa_tell(new, True)
        self._sa_quietly("__setitem__", index, value)

    def __delitem__(self, index: t.Any) -> None:
        for old in self[index] if isinstance(index, slice) else [self[index]]:  # type: ignore[index]
            self._sa_tell(old, False)
        self._sa_quietly("__delitem__", index)


class _SetMethods(_Linked):
    def add(self, item: t.Any) -> None:
        if item not in self:  # type: ignore[operator]
            self._sa_tell(item, True)
        self._sa_call("add", item)

    def _sa_call(self, method: str, *args: t.Any) -> t.Any:
        before, self._sa_silent = self._sa_silent, True
        try:
            return getattr(super(), method)(*args)
        finally:
            self._sa_silent = before

    def discard(self, item: t.Any) -> None:
        if item in self:  # type: ignore[operator]
            self._sa_tell(item, False)
            self._sa_call("discard", item)

    def remove(self, item: t.Any) -> None:
        if item not in self:  # type: ignore[operator]
            raise KeyError(item)
        self.discard(item)

    def pop(self) -> t.Any:
        item = next(iter(self))  # type: ignore[call-overload]
        self.discard(item)
        return item

    def clear(self) -> None:
        for item in list(self):  # type: ignore[call-overload]
            self.discard(item)

    def update(self, *others: t.Iterable[t.Any]) -> None:
        for item in set().union(*others):
            self.add(item)

    def difference_update(self, *others: t.Iterable[t.Any]) -> None:
        for item in set().union(*others):
            self.discard(item)

    def intersection_update(self, *others: t.Iterable[t.Any]) -> None:
        for item in set(self).difference(set(self).intersection(*others)):  # type: ignore[call-overload]
            self.discard(item)

    def symmetric_difference_update(self, other: t.Iterable[t.Any]) -> None:
        for item in set(other):
            self.discard(item) if item in self else self.add(item)  # type: ignore[operator]

    def __ior__(self, other: t.Any) -> t.Any:
        self.update(other)
        return self

    def __isub__(self, other: t.Any) -> t.Any:
        self.difference_update(other)
        return self

    def __iand__(self, other: t.Any) -> t.Any:
        self.intersection_update(other)
        return self

    def __ixor__(self, other: t.Any) -> t.Any:
        self.symmetric_difference_update(other)
        return self


_MISSING: t.Any = object()


class _DictMethods(_Linked):
    def __setitem__(self, key: t.Any, value: t.Any) -> None:
        if key in self:  # type: ignore[operator]
            if self[key] is not value:  # type: ignore[index]
                self._sa_tell(self[key], False)  # type: ignore[index]
                self._sa_tell(value, True)
        else:
            self._sa_tell(value, True)
        super().__setitem__(key, value)  # type: ignore[misc]

    def __delitem__(self, key: t.Any) -> None:
        if key in self:  # type: ignore[operator]
            self._sa_tell(self[key], False)  # type: ignore[index]
        super().__delitem__(key)  # type: ignore[misc]

    def clear(self) -> None:
        for key in list(self):  # type: ignore[call-overload]
            del self[key]

    def pop(self, key: t.Any, default: t.Any = _MISSING) -> t.Any:
        if key not in self:  # type: ignore[operator]
            if default is _MISSING:
                raise KeyError(key)
            return default
        value = self[key]  # type: ignore[index]
        del self[key]
        return value

    def popitem(self) -> t.Tuple[t.Any, t.Any]:
        if not self:
            raise KeyError("popitem(): dictionary is empty")
        key = next(reversed(self))  # type: ignore[call-overload]
        return key, self.pop(key)

    def setdefault(self, key: t.Any, default: t.Any = None) -> t.Any:
        if key not in self:  # type: ignore[operator]
            self[key] = default
        return self[key]  # type: ignore[index]

    def update(self, *args: t.Any, **kw: t.Any) -> None:
        for key, value in dict(*args, **kw).items():
            if key not in self or self[key] is not value:  # type: ignore[operator, index]
                self[key] = value


class InstrumentedDict(_DictMethods, t.Dict[t.Any, t.Any]):
    """The dictionary of a relationship."""


class KeyFuncDict(InstrumentedDict):
    """A dictionary keyed by a function of its members."""

    def __init__(self, keyfunc: t.Callable[[t.Any], t.Any], *dict_args: t.Any, ignore_unpopulated_attribute: bool = False) -> None:
        self.keyfunc = keyfunc
        self.ignore_unpopulated_attribute = ignore_unpopulated_attribute
        super().__init__(*dict_args)

    def set(self, value: t.Any, _sa_initiator: t.Any = None) -> None:
        """Adds a member under its key."""
        self[self._key_of(value)] = value

    def remove(self, value: t.Any, _sa_initiator: t.Any = None) -> None:
        """Takes a member out."""
        key = self._key_of(value)
        if key not in self or self[key] is not value:
            raise exc.InvalidRequestError(
                f"Can not remove '{value!r}' from collection for key '{key!r}'. Possible cause: is the KeyFuncDict key function based on "
                "mutable properties or properties that only obtain values after flush?"
            )
        del self[key]

    def _key_of(self, value: t.Any) -> t.Any:
        key = self.keyfunc(value)
        if key is None and not self.ignore_unpopulated_attribute:
            if _core.inst_is_mapped(value) and getattr(self.keyfunc, "_sa_attribute", None):
                name = self.keyfunc._sa_attribute  # type: ignore[attr-defined]
                if _core.inst_peek(value, name, _MISSING) is _MISSING:
                    raise exc.InvalidRequestError(
                        f"In event triggered from '{self._sa_key}' attribute, can't populate value for KeyFuncDict key function from attribute "
                        f"'{name}'; the attribute is not set on {value!r}"
                    )
        return key

    def __reduce__(self) -> t.Any:
        return _rebuild, (self.keyfunc, dict(self))


MappedCollection = KeyFuncDict


def _rebuild(keyfunc: t.Any, items: t.Any) -> KeyFuncDict:
    made = KeyFuncDict(keyfunc)
    dict.update(made, items)
    return made


class _AttributeKey:
    """Picklable key function: an attribute of the member."""

    def __init__(self, name: str) -> None:
        self._sa_attribute = name
        self._get = operator.attrgetter(name)

    def __call__(self, member: t.Any) -> t.Any:
        return self._get(member)

    def __reduce__(self) -> t.Any:
        return _AttributeKey, (self._sa_attribute,)


class _ColumnsKey:
    """Key function: the member's values of columns."""

    def __init__(self, columns: t.Sequence[t.Any]) -> None:
        self.columns = columns

    def __call__(self, member: t.Any) -> t.Any:
        mapper = _core.inst_state(member).mapper
        values = tuple(getattr(member, mapper.get_property_by_column(c).key) for c in self.columns)
        return values[0] if len(values) == 1 else values


def keyfunc_mapping(keyfunc: t.Callable[[t.Any], t.Any], *, ignore_unpopulated_attribute: bool = False) -> t.Callable[[], KeyFuncDict]:
    """`collection_class` of a dictionary keyed by a function of the member."""
    return lambda: KeyFuncDict(keyfunc, ignore_unpopulated_attribute=ignore_unpopulated_attribute)


def attribute_keyed_dict(attr_name: str, *, ignore_unpopulated_attribute: bool = False) -> t.Callable[[], KeyFuncDict]:
    """`collection_class` of a dictionary keyed by an attribute of the member."""
    return keyfunc_mapping(_AttributeKey(attr_name), ignore_unpopulated_attribute=ignore_unpopulated_attribute)


def column_keyed_dict(mapping_spec: t.Any, *, ignore_unpopulated_attribute: bool = False) -> t.Callable[[], KeyFuncDict]:
    """`collection_class` of a dictionary keyed by columns of the member."""
    from .joins import original, plain_node

    specs = list(mapping_spec) if isinstance(mapping_spec, (list, tuple)) else [mapping_spec]
    return keyfunc_mapping(_ColumnsKey([original(plain_node(s)) for s in specs]), ignore_unpopulated_attribute=ignore_unpopulated_attribute)


mapped_collection, attribute_mapped_collection, column_mapped_collection = keyfunc_mapping, attribute_keyed_dict, column_keyed_dict


# ---- classes of users


def prepare_factory(factory: t.Any) -> t.Any:
    """What makes collections: list, set, or a callable that answers an instrumented object."""
    if factory is None or factory is list or factory is InstrumentedList:
        return None
    if factory is set or factory is InstrumentedSet:
        return set
    if isinstance(factory, type):
        return instrument_class(factory)
    return _FromCallable(factory)


class _FromCallable:
    """A collection_class that is a function: what it answers is instrumented."""

    def __init__(self, factory: t.Callable[[], t.Any]) -> None:
        self.factory = factory

    def __call__(self) -> t.Any:
        made = self.factory()
        if isinstance(made, _Linked):
            return made
        if type(made) in (list, set):
            return instrument_class(type(made))(made)
        made.__class__ = instrument_class(type(made))
        return made


def instrument_class(cls: type) -> type:
    """A subclass of a collection class whose mutators announce what they do."""
    if issubclass(cls, _Linked):
        return cls
    found = _instrumented.get(cls)
    if found is not None:
        return found
    base = _linked_base(cls)
    emulates = getattr(cls, "__emulates__", None)
    if base is None and emulates is not None:
        base = None if emulates is object else emulates
    methods: t.Any = {list: _ListMethods, set: _SetMethods, dict: _DictMethods}.get(base, _Linked)
    body: t.Dict[str, t.Any] = {"__module__": cls.__module__, "__doc__": cls.__doc__, "__qualname__": cls.__qualname__}
    roles = _roles(cls)
    if base is None and methods is _Linked:
        for role, duck in (("appender", ("append", "add")), ("remover", ("remove",)), ("iterator", ("__iter__",))):
            if role not in roles:
                name = next((n for n in duck if hasattr(cls, n)), None)
                if name is None:
                    raise exc.ArgumentError(f"Type {cls.__name__} must elect an {role} method to be a collection class")
                roles[role] = name
        body[roles["appender"]] = _announced(getattr(cls, roles["appender"]), 1, True)
        body[roles["remover"]] = _announced(getattr(cls, roles["remover"]), 1, False)
    for name in dir(cls):
        fn = getattr(cls, name, None)
        if hasattr(fn, "_sa_adds"):
            body[name] = _announced(fn, fn._sa_adds, True)
        elif hasattr(fn, "_sa_removes"):
            body[name] = _announced(fn, fn._sa_removes, False)
        elif hasattr(fn, "_sa_removes_return"):
            body[name] = _announced_return(fn)
    body["_sa_roles"] = roles
    made = type(cls)(cls.__name__, (methods, cls), body)
    _instrumented[cls] = made
    return made


def _roles(cls: type) -> t.Dict[str, str]:
    found: t.Dict[str, str] = {}
    for base in cls.__mro__:
        for name, fn in base.__dict__.items():
            role = getattr(fn, "_sa_role", None)
            if role is not None:
                found.setdefault(role, name)
    return found


def _announced(fn: t.Any, position: t.Any, append: bool) -> t.Any:
    def method(self: t.Any, *args: t.Any, **kw: t.Any) -> t.Any:
        member = kw[position] if isinstance(position, str) and position in kw else args[position - 1 if isinstance(position, int) else 0]
        self._sa_tell(member, append)
        before, self._sa_silent = self._sa_silent, True
        try:
            return fn(self, *args, **kw)
        finally:
            self._sa_silent = before

    method.__name__ = getattr(fn, "__name__", "method")
    return method


def _announced_return(fn: t.Any) -> t.Any:
    def method(self: t.Any, *args: t.Any, **kw: t.Any) -> t.Any:
        before, self._sa_silent = self._sa_silent, True
        try:
            member = fn(self, *args, **kw)
        finally:
            self._sa_silent = before
        if member is not None:
            self._sa_tell(member, False)
        return member

    method.__name__ = getattr(fn, "__name__", "method")
    return method


# ---- what the core asks for


def _new(owner: t.Any, key: str, factory: t.Callable[[], t.Any]) -> t.Any:
    made = factory()
    made._sa_owner, made._sa_key = weakref.ref(owner), key
    made._sa_in_session = _core.inst_session(owner) is not None
    return made


def _silently(coll: t.Any, role: str, default: str, member: t.Any) -> None:
    before = coll._sa_silent
    coll._sa_silent = True
    try:
        getattr(coll, getattr(coll, "_sa_roles", {}).get(role, default))(member)
    finally:
        coll._sa_silent = before


def _add(coll: t.Any, member: t.Any) -> None:
    default = "set" if isinstance(coll, KeyFuncDict) else "add" if isinstance(coll, set) else "append"
    _silently(coll, "appender", default, member)


def _remove(coll: t.Any, member: t.Any) -> None:
    if isinstance(coll, dict):
        for key in [k for k, v in coll.items() if v is member]:
            dict.__delitem__(coll, key)
        return
    if member in _members(coll):
        _silently(coll, "remover", "remove", member)


def _members(coll: t.Any) -> t.List[t.Any]:
    if isinstance(coll, dict):
        return list(coll.values())
    return list(getattr(coll, getattr(coll, "_sa_roles", {}).get("iterator", "__iter__"))())


def _accept(factory: t.Any, value: t.Any) -> t.List[t.Any]:
    """The members of a value assigned to a relationship, if it is like its collection."""
    made = factory()
    if isinstance(made, dict):
        if not isinstance(value, dict):
            raise TypeError(f"Incompatible collection type: {_kind(value)} is not dict-like")
        if isinstance(made, KeyFuncDict):
            for key, member in value.items():
                if made.keyfunc(member) != key:
                    raise TypeError(
                        f"Found incompatible key {key!r} for value {member!r}; this collection's keying function requires a key of "
                        f"{made.keyfunc(member)!r} for this value."
                    )
        return list(value.values())
    like = set if isinstance(made, set) else list if isinstance(made, list) else None
    if like is not None and not isinstance(value, like) or value is None:
        raise TypeError(f"Incompatible collection type: {_kind(value)} is not {(like or list).__name__}-like")
    return list(value)


def _kind(value: t.Any) -> str:
    return "None" if value is None else type(value).__name__


class CollectionAdapter:
    """A collection seen through one interface, whatever its class."""

    def __init__(self, data: t.Any) -> None:
        self._data = data

    @property
    def data(self) -> t.Any:
        return self._data

    @property
    def owner_state(self) -> t.Any:
        owner = _owner(self._data)
        return None if owner is None else _core.inst_state(owner)

    def append_with_event(self, item: t.Any, initiator: t.Any = None) -> None:
        if isinstance(self._data, KeyFuncDict):
            self._data.set(item)
        else:
            self._data.add(item) if isinstance(self._data, set) else self._data.append(item)

    def remove_with_event(self, item: t.Any, initiator: t.Any = None) -> None:
        self._data.remove(item)

    def append_without_event(self, item: t.Any) -> None:
        if isinstance(self._data, InstrumentedList):
            list.append(self._data, item)
        elif isinstance(self._data, InstrumentedSet):
            set.add(self._data, item)
        else:
            _add(self._data, item)

    def remove_without_event(self, item: t.Any) -> None:
        if isinstance(self._data, InstrumentedList):
            list.remove(self._data, item)
        elif isinstance(self._data, InstrumentedSet):
            set.discard(self._data, item)
        else:
            _remove(self._data, item)

    def clear_with_event(self, initiator: t.Any = None) -> None:
        self._data.clear()

    def __iter__(self) -> t.Iterator[t.Any]:
        return iter(_members(self._data) if isinstance(self._data, _Linked) else list(self._data))

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __bool__(self) -> bool:
        return True


def _owner(coll: t.Any) -> t.Any:
    if isinstance(coll, _Linked):
        return coll._sa_owner() if coll._sa_owner is not None else None
    found = _core.coll_owner(coll)
    return None if found is None else found[0]


def collection_adapter(collection: t.Any) -> CollectionAdapter:
    """The adapter of a collection of a relationship."""
    return CollectionAdapter(collection)


for _name, _hook in (("new", _new), ("add", _add), ("remove", _remove), ("members", _members), ("accept", _accept)):
    _core.register_hook(f"coll_{_name}", _hook)

__all__ = [
    "CollectionAdapter", "InstrumentedDict", "InstrumentedList", "InstrumentedSet", "KeyFuncDict", "MappedCollection",
    "attribute_keyed_dict", "attribute_mapped_collection", "collection", "collection_adapter", "column_keyed_dict",
    "column_mapped_collection", "keyfunc_mapping", "mapped_collection",
]
