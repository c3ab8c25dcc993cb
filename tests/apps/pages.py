"""What is sent to each application: every route by GET and POST, and what nobody should send."""

from __future__ import annotations

from typing import Any

Request = dict[str, Any]
NUMBERS = ["0", "-1", "1", "2", "9999", str(2**31), str(2**63 - 1), str(2**63), str(10**30), "x", "", "1.5", "%00", "٣", "1;DROP TABLE book", "1e3", " 1"]
FORM = "application/x-www-form-urlencoded"


def get(path: str, **more: Any) -> Request:
    return {"method": "GET", "path": path, **more}


def post(path: str, form: dict[str, str] | None = None, **more: Any) -> Request:
    return {"method": "POST", "path": path, **({} if form is None else {"form": form}), **more}


ODD = ("", "  ", "\0", "a\0b", "x" * 300, "'; --", "<b>&\"'", "\u202e\U0001f600", "吾輩は猫である")


def odd_bodies(path: str, form: dict[str, str], unique: str = "", **more: Any) -> list[Request]:
    """Fields that are missing, empty, long, no UTF-8, in another form than expected, and some more than asked for. What is in the
    field `unique` differs from request to request, where it is not what is tried."""
    sent = [post(path, {k: v for k, v in form.items() if k != name}, **more) for name in form]
    tried = [(name, value) for name in form for value in ODD]
    sent += [post(path, {**form, **({unique: f"{number}{form[unique]}"} if unique else {}), name: value}, **more) for number, (name, value) in enumerate(tried)]
    sent += [
        post(path, **more), post(path, {}, **more),
        post(path, {**form, "id": "1", "metadata": "x", "__class__": "x", "_sa_instance_state": "x", "owner": "1", "owner_id": "1", "password_hash": "x"}, **more),
        post(path, body="&".join(f"{name}=\xff\xfe%80\xc3" for name in form), type=FORM, **more),
        post(path, body="\xff\xfe\x00=%ZZ&&&=;", type=FORM, **more),
        post(path, body="\xff\xfe", type="multipart/form-data; boundary=x", **more),
        post(path, body="--x\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\n\xff\r\n--x--", type="multipart/form-data; boundary=x", **more),
        post(path, body="{", type="application/json", **more), post(path, json=form, **more), post(path, json=[1], **more),
        {"method": "PUT", "path": path, **more}, {"method": "DELETE", "path": path, **more}, {"method": "HEAD", "path": path, **more},
        {"method": "OPTIONS", "path": path, **more},
    ]
    return sent


USERS: list[Request] = [get("/"), get("/nothing"), post("/", {"username": "x"}), get("/?page=x")]

SHOP: list[Request] = [
    get("/products"), get("/products/1"),
    post("/products", json={"name": "Laptop", "price": "999.99"}), post("/products", json={"name": "Écran 27″", "price": 249, "note": "roman à clef"}),
    post("/products", json={"name": "Mouse", "price": 19.5}), post("/products", json={"name": "Mouse", "price": 1}),
    get("/products"), get("/products?max_price=250"), get("/products?q=m%25"), get("/products?q=%C3%A9"), get("/products?q=MOUSE"), get("/products?q=%ff"),
    *(get(f"/products/{n}") for n in NUMBERS), *(get(f"/products?page={n}") for n in NUMBERS), *(get(f"/products?per_page={n}") for n in NUMBERS),
    *(get(f"/products?max_price={n}") for n in (*NUMBERS, "NaN", "Infinity", "1e9", "0.005")),
    *({"method": "DELETE", "path": f"/products/{n}"} for n in ("0", "2", "2", str(10**30), "x")),
    *(post("/products", json=value) for value in (
        None, [], 1, "x", {}, {"name": "A"}, {"price": 1}, {"name": None, "price": 1}, {"name": ["A"], "price": 1}, {"name": "B", "price": None},
        {"name": "B", "price": "free"}, {"name": "B", "price": "NaN"}, {"name": "B", "price": "sNaN"}, {"name": "B", "price": -1}, {"name": "B", "price": 1e300},
        {"name": "B", "price": 10**30}, {"name": "B", "price": True}, {"name": "C", "price": "0.005"}, {"name": "D", "price": "1e-9"}, {"name": "E", "price": 0},
        {"name": "F" * 100, "price": 1, "note": 5}, {"name": "G\0", "price": 1}, {"name": "H", "price": 1, "id": 1, "in_stock": 5, "metadata": {}, "__class__": "x"},
        {"name": "I", "price": 1, "note": {"a": [1]}}, {"name": "\ud83d", "price": 1}, {"name": "J", "price": 1, "note": "\udc00"},
    )),
    post("/products", body='{"name": "\xff", "price": 1}', type="application/json"), post("/products", body="{", type="application/json"),
    post("/products", body="name=a", type=FORM), post("/products"), {"method": "PUT", "path": "/products"}, {"method": "OPTIONS", "path": "/products"},
    get("/products"), get("/products?per_page=3&page=2"), {"method": "HEAD", "path": "/products"},
]

ADA = {"firstname": "Grace", "lastname": "Hopper", "email": "grace@example.com", "age": "30", "bio": "roman à clef"}
STUDENTS: list[Request] = [
    get("/"), get("/1/"), get("/1"), get("/new/"), post("/new/", ADA), get("/"), post("/new/", ADA), get("/"),
    get("/2/edit/"), post("/2/edit/", {**ADA, "email": "zoe@example.com"}), get("/2/"), get("/"), post("/2/edit/", ADA), get("/2/"),
    post("/2/edit/", {**ADA, "email": "ada@example.com"}), get("/"), post("/3/delete/"), get("/"), post("/3/delete/"), get("/3/delete/"),
    *(get(f"/{n}/") for n in NUMBERS), *(get(f"/{n}/edit/") for n in NUMBERS), *(get(f"/?page={n}") for n in NUMBERS), *(get(f"/?per_page={n}") for n in NUMBERS),
    *(post(f"/{n}/edit/", ADA) for n in NUMBERS), *(post(f"/{n}/delete/") for n in ("0", "-1", str(2**63), str(10**30), "x")),
    *odd_bodies("/new/", {**ADA, "email": "g2@example.com"}, "email"), *odd_bodies("/1/edit/", {**ADA, "email": "g3@example.com"}, "email"), *odd_bodies("/4/delete/", {}),
    *(post("/new/", {**ADA, "email": f"n{n}@example.com", "age": age}) for n, age in enumerate(("0", "-1", "999", "1000", "x", "1.5", "٣", "²", str(10**30)))),
    get("/"), get("/?page=2"), get("/?page=2&per_page=3"), get("/static/x.css"), get("/%ff"), get("/../1/"),
]

EMMA = {"title": "Le Père Goriot", "author": "Honoré de Balzac", "genre": "roman à clef"}
BOOKS: list[Request] = [
    get("/"), get("/books"), get("/books/"), get("/books/new/"), post("/books/new/", EMMA), get("/books"), post("/books/new/", EMMA), get("/books"),
    get("/books/1/edit/"), post("/books/1/edit/", {**EMMA, "title": "The Bell Jar, again"}), get("/books"), post("/books/1/edit/", EMMA), get("/books"),
    get("/books/2/delete/"), get("/books"), post("/books/2/delete/"), get("/books"), post("/books/2/delete/"), get("/books"),
    *(get(f"/books/{n}/edit/") for n in NUMBERS), *(get(f"/books/{n}/delete/") for n in NUMBERS), *(post(f"/books/{n}/edit/", EMMA) for n in NUMBERS),
    *(post(f"/books/{n}/delete/") for n in ("0", "-1", str(2**63), str(10**30), "x")),
    *odd_bodies("/books/new/", {**EMMA, "title": "Une vie"}, "title"), *odd_bodies("/books/3/edit/", {**EMMA, "title": "Bel-Ami"}, "title"), *odd_bodies("/books/4/delete/", {}),
    get("/books"), get("/%ff"),
]

ANN, BOB = {"name": "Ann", "password": "secret à clef"}, {"name": "Bob", "password": "\U0001f511"}
NOTED = {"title": "Emma", "author": "Jane Austen", "tags": "novel, Classic", "read_on": "2013-07-30", "notes": "First line\nsecond line"}
LIBRARY: list[Request] = [
    get("/"), get("/tags"), get("/books/new"), post("/books/new", NOTED), get("/auth/login"), get("/auth/register"), post("/auth/login", ANN),
    post("/auth/register", ANN, **{"as": "ann"}), get("/", **{"as": "ann"}), get("/auth/login", **{"as": "ann"}), get("/books/new", **{"as": "ann"}),
    post("/books/new", NOTED, **{"as": "ann", "keep": "emma"}), get("{emma}", **{"as": "ann"}), get("{emma}/edit", **{"as": "ann"}),
    post("/books/new", NOTED, **{"as": "ann"}), get("/", **{"as": "ann"}),
    *(post("/books/new", {"title": f"Roman à clef {n:02}", "tags": "novel, é, x" if n % 3 else ""}, **{"as": "ann"}) for n in range(20)),
    get("/tags", **{"as": "ann"}), get("/?tag=novel", **{"as": "ann"}), get("/?tag=nobody", **{"as": "ann"}), get("/?q=CLEF&page=2", **{"as": "ann"}),
    get("/?q=%25", **{"as": "ann"}), get("/?q=%00", **{"as": "ann"}), get("/?tag=%ff", **{"as": "ann"}),
    *(get(f"/?page={n}", **{"as": "ann"}) for n in NUMBERS), *(get(f"/?per_page={n}", **{"as": "ann"}) for n in NUMBERS),
    # another reader sees none of it, and cannot change it
    post("/auth/register", ANN, **{"as": "bob"}), post("/auth/register", BOB, **{"as": "bob"}), get("/", **{"as": "bob"}), get("/tags", **{"as": "bob"}),
    get("{emma}", **{"as": "bob"}), get("{emma}/edit", **{"as": "bob"}), post("{emma}/edit", NOTED, **{"as": "bob"}), post("{emma}/delete", **{"as": "bob"}),
    post("/books/new", {**NOTED, "owner_id": "1", "public_id": "1"}, **{"as": "bob", "keep": "bobs"}), get("{bobs}", **{"as": "ann"}), get("/", **{"as": "bob"}),
    post("{bobs}/edit", {**NOTED, "title": "Persuasion", "tags": "classic,, classic ,NEW"}, **{"as": "bob"}), get("{bobs}", **{"as": "bob"}), get("/tags", **{"as": "bob"}),
    post("/books/new", NOTED, **{"as": "bob"}), post("{bobs}/edit", NOTED, **{"as": "bob"}), get("{bobs}", **{"as": "bob"}),
    *(get(f"/books/{n}", **{"as": "ann"}) for n in (*NUMBERS, "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-4fff-bfff-ffffffffffff")),
    *odd_bodies("/books/new", {**NOTED, "title": "Une vie"}, "title", **{"as": "ann"}), *odd_bodies("{emma}/edit", {**NOTED, "title": "Bel-Ami"}, "title", **{"as": "ann"}),
    *(post("{emma}/edit", {**NOTED, "read_on": day}, **{"as": "ann"}) for day in ("2013-13-01", "0000-00-00", "9999-12-31", "2013-W31-2", "x", "20130730", "1e9")),
    *odd_bodies("/auth/register", {"name": "Cid", "password": "x"}, "name"), *odd_bodies("/auth/login", ANN),
    post("{bobs}/delete", **{"as": "ann"}), post("{bobs}/delete", **{"as": "bob"}), post("{bobs}/delete", **{"as": "bob"}), get("{bobs}/delete", **{"as": "bob"}),
    post("{emma}/delete"), get("/", **{"as": "ann"}), get("/tags", **{"as": "bob"}),
    post("/auth/logout", **{"as": "ann"}), get("/", **{"as": "ann"}), get("{emma}", **{"as": "ann"}), post("/auth/login", {**ANN, "password": "no"}, **{"as": "ann"}),
    post("/auth/login", {"name": "Nobody", "password": "x"}, **{"as": "ann"}), post("/auth/login", ANN, **{"as": "ann"}), get("/?page=3", **{"as": "ann"}),
    post("/auth/logout"), get("/auth/logout"), get("/nothing"),
]

PROBES: list[Request] = [
    post("/add/author", json={"name": "Ann"}), post("/add/author", json={"name": "Ann"}), get("/authors"), post("/add/author", json={"name": "Bob", "id": 7}), get("/authors"),
    *(post(f"/{door}/author", json=value) for door in ("add", "find") for value in (
        {}, {"nothing": 1}, {"name": "C", "nothing": 1}, {"name": "D", "_secret": "seen"}, {"name": "E", "secret": "x"}, {"id": 7}, {"id": None, "name": "F"},
        {"name": ["x"]}, {"name": {"a": 1}}, {"name": None}, {"name": True}, {"": 1}, {"name": "H", "to_dict": 1}, {"self": 1},
        {"name": "I", "books": []}, None, [], "x", [["name", "J"]], {"name": "K", "books": "x"}, {"name": "K", "books": ["x"]}, {"name": "K", "books": [{"title": "x"}]},
    )),
    *(post("/add/book", json={"title": "T", "author": value}) for value in (None, 1, "x", {"name": "L"}, [])), post("/add/book", json={"title": "T", "author_id": 7}),
    post("/add/author", json={"id": "x", "name": "G"}), post("/find/book", json={"author": 1}), post("/find/book", json={"author": None}),
    post("/find/book", json={"author_id": 7}), get("/authors"), {"method": "PUT", "path": "/authors"}, post("/add/nobody", json={}),
    post("/careless"), get("/authors"), post("/forgotten"), get("/authors"), post("/careless"), post("/add/author", json={"name": "Last"}), get("/authors"),
]

MACHINERY = (
    ("metadata", {}), ("registry", 1), ("__class__", "x"), ("__dict__", {}), ("__init__", 1), ("_sa_instance_state", 1), ("__table__", 1), ("__mapper__", 1),
    ("query_class", 1), ("__tablename__", "x"), ("__fsa__", 1), ("query", 1), ("__getattribute__", 1), ("__setattr__", 1),
)
"""Names that no request should reach: the reference sets some of them; here none is."""

GONE: dict[str, list[Request]] = {
    "file": [
        get("/"), {"do": "vanish"}, get("/"), post("/new/", ADA), get("/"), {"method": "CREATE", "path": ""}, get("/"), post("/new/", ADA), get("/"),
    ],
    "folder": [get("/"), {"do": "folder"}, get("/"), post("/new/", ADA), get("/"), {"do": "folder back"}, get("/"), post("/new/", ADA), get("/")],
    "content": [get("/"), {"do": "garble"}, get("/"), post("/new/", ADA), get("/")],
    "before the first request": [{"do": "vanish"}, get("/"), post("/new/", ADA), {"method": "CREATE", "path": ""}, get("/"), post("/new/", ADA), get("/")],
    "folder before the first request": [{"do": "folder"}, get("/"), post("/new/", ADA), {"do": "folder back"}, get("/"), post("/new/", ADA), get("/")],
}
"""What happens to the database of the students between requests."""

SHELVED = [
    post("/auth/register", ANN), post("/books/new", NOTED), {"do": "vanish"}, get("/"), post("/books/new", {**NOTED, "title": "Lost"}), get("/"), post("/auth/logout"),
    get("/"), post("/auth/login", ANN), get("/"),
]
"""A flush that fails in the library, whose error page reads from the same session."""

APPS: dict[str, dict[str, Any]] = {
    "users_shell": {"app": "examples.users_shell.app:app", "tables": True, "block": True, "requests": USERS},
    "shop": {"app": "examples.shop.app:app", "block": True, "requests": SHOP},
    "students": {"app": "examples.students.app:app", "prepare": ["examples.students.create", "examples.students.fill"], "block": True, "requests": STUDENTS},
    "books": {"app": "examples.books.app:app", "prepare": ["examples.books.fill"], "block": True, "requests": BOOKS},
    "library": {"app": "examples.library:create_app()", "tables": True, "requests": LIBRARY},  # Flask-Migrate imports SQLAlchemy
    "probes": {"app": "probes:app", "tables": True, "block": True, "requests": PROBES},
    "library without a file": {"app": "examples.library:create_app()", "tables": True, "requests": SHELVED},
    "machinery": {"app": "probes:app", "tables": True, "block": True, "requests": [
        post(f"/{door}/author", json={"name": f"K{number}", name: value}) for door in ("add", "find") for number, (name, value) in enumerate(MACHINERY)
    ]},
    **{f"gone: {what}": {
        "app": "examples.students.app:app", "prepare": ["examples.students.create", "examples.students.fill"], "block": True, "requests": requests,
    } for what, requests in GONE.items()},
}
