"""Pages: of queries, of selects, and of anything."""

import pytest
from werkzeug.exceptions import NotFound


@pytest.fixture
def Numbers(package):
    """Pages of numbers without a database."""

    class Numbers(package.module("pagination").Pagination):
        def _query_items(self):
            data = range(1, self._query_args["total"] + 1)
            return list(data[self._query_offset : self._query_offset + self.per_page])

        def _query_count(self):
            return self._query_args["total"]

        def __init__(self, *args, total=150, **kwargs):
            super().__init__(*args, total=total, **kwargs)

    return Numbers


@pytest.fixture
def filled(app, db, Todo):
    with app.app_context():
        db.session.add_all([Todo(title=f"task {n}") for n in range(250)])
        db.session.commit()
    return Todo


def test_first_page(Numbers):
    p = Numbers()
    assert (p.page, p.per_page, p.total, p.pages) == (1, 20, 150, 8)
    assert (p.first, p.last) == (1, 20)
    assert (p.has_prev, p.prev_num, p.has_next, p.next_num) == (False, None, True, 2)
    assert list(p) == p.items == list(range(1, 21))


def test_last_page(Numbers):
    p = Numbers(page=8)
    assert (p.first, p.last, p.has_next, p.next_num, p.has_prev, p.prev_num) == (141, 150, False, None, True, 7)


def test_next_and_prev(Numbers):
    p = Numbers(page=2, per_page=50, max_per_page=60)
    following = p.next()
    assert following.page == 3 and following.items[0] == 101 and following.per_page == 50 and following.max_per_page == 60
    assert following.prev().items == p.items
    assert following.next().items == []
    with pytest.raises(NotFound):
        following.next(error_out=True)
    first = p.prev()
    with pytest.raises(NotFound):
        first.prev(error_out=True)
    assert first.prev().page == 1


def test_nothing_to_show(Numbers):
    p = Numbers(total=0)
    assert (p.first, p.last, p.pages, p.has_next, p.has_prev, p.items) == (0, 0, 0, False, False, [])
    assert list(p.iter_pages()) == []


def test_one_page(Numbers):
    assert list(Numbers(total=3).iter_pages()) == [1]


def test_without_a_count(Numbers):
    p = Numbers(count=False)
    assert p.total is None and p.pages == 0 and not p.has_next
    assert p.next().total is None


def test_total_may_be_set(Numbers):
    p = Numbers(count=False)
    p.total = 150
    assert p.pages == 8 and p.has_next


@pytest.mark.parametrize(
    ("page", "expect"),
    [
        (1, [1, 2, 3, 4, 5, None, 14, 15]), (2, [1, 2, 3, 4, 5, 6, None, 14, 15]), (3, [1, 2, 3, 4, 5, 6, 7, None, 14, 15]),
        (5, [1, 2, 3, 4, 5, 6, 7, 8, 9, None, 14, 15]), (6, [1, 2, None, 4, 5, 6, 7, 8, 9, 10, None, 14, 15]),
        (9, [1, 2, None, 7, 8, 9, 10, 11, 12, 13, 14, 15]), (11, [1, 2, None, 9, 10, 11, 12, 13, 14, 15]),
        (15, [1, 2, None, 13, 14, 15]),
    ],
)
def test_iter_pages(Numbers, page, expect):
    assert list(Numbers(page=page, per_page=10).iter_pages()) == expect


@pytest.mark.parametrize(
    ("edges", "expect"),
    [
        ((1, 1, 1, 1), [1, None, 7, 8, 9, None, 15]), ((0, 0, 0, 0), [None, 8, None]), ((3, 1, 2, 0), [1, 2, 3, None, 7, 8, 9, 10, None]),
        ((20, 0, 0, 0), list(range(1, 16))), ((0, 20, 20, 0), list(range(1, 16))), ((0, 0, 0, 20), [None, *range(8, 16)]),
    ],
)
def test_iter_pages_with_edges(Numbers, edges, expect):
    names = ("left_edge", "left_current", "right_current", "right_edge")
    assert list(Numbers(page=8, per_page=10).iter_pages(**dict(zip(names, edges)))) == expect


@pytest.mark.parametrize(("page", "per_page"), [(0, 20), (-1, 20), (1, 0), (1, -5)])
def test_numbers_below_one(Numbers, page, per_page):
    with pytest.raises(NotFound):
        Numbers(page=page, per_page=per_page)
    p = Numbers(page=page, per_page=per_page, error_out=False)
    assert p.page == 1 and p.per_page == 20


def test_page_after_the_last(Numbers):
    with pytest.raises(NotFound):
        Numbers(page=50)
    assert Numbers(page=50, error_out=False).items == []


def test_max_per_page(Numbers):
    assert Numbers(per_page=500).per_page == 100
    assert Numbers(per_page=500, max_per_page=30).per_page == 30
    assert Numbers(per_page=500, max_per_page=None).per_page == 500
    assert Numbers(max_per_page=10).per_page == 10


@pytest.mark.parametrize(
    ("query", "expect"),
    [
        ("", (1, 20)), ("?page=2", (2, 20)), ("?page=3&per_page=10", (3, 10)), ("?per_page=500", (1, 100)), ("?page=0", 404), ("?page=-1", 404),
        ("?page=x", 404), ("?per_page=x", 404), ("?page=", 404), ("?page=1000", 404), ("?per_page=0", 404),
    ],
)
def test_numbers_of_the_request(app, Numbers, query, expect):
    with app.test_request_context(f"/{query}"):
        if expect == 404:
            with pytest.raises(NotFound):
                Numbers()
            assert Numbers(error_out=False).per_page in (20, 100)
        else:
            p = Numbers()
            assert (p.page, p.per_page) == expect


def test_given_numbers_win_over_the_request(app, Numbers):
    with app.test_request_context("/?page=3&per_page=7"):
        p = Numbers(page=2, per_page=5)
        assert (p.page, p.per_page) == (2, 5)


def test_not_implemented(package):
    with pytest.raises(NotImplementedError):
        package.module("pagination").Pagination(page=1, per_page=1)


def test_of_a_query(app, db, filled):
    with app.app_context():
        p = filled.query.order_by(filled.id).paginate(page=2, per_page=30)
        assert p.total == 250 and [t.id for t in p] == list(range(31, 61))
        assert [t.id for t in p.next()] == list(range(61, 91))
        assert isinstance(p, db.session.query(filled).paginate().__class__)
        assert filled.query.filter(filled.id > 240).paginate().total == 10
        assert filled.query.paginate(per_page=500).per_page == 100 or filled.query.paginate(per_page=500).per_page == 500
        with pytest.raises(NotFound):
            filled.query.paginate(page=100)


def test_arguments_of_a_query_are_named(app, db, filled):
    with app.app_context():
        with pytest.raises(TypeError):
            filled.query.paginate(1, 20)
        with pytest.raises(TypeError):
            db.paginate(db.select(filled), 1)


def test_of_a_select(app, db, filled):
    with app.app_context():
        p = db.paginate(db.select(filled).order_by(filled.id.desc()), page=3, per_page=50)
        assert p.total == 250 and [t.id for t in p][:2] == [150, 149]
        assert [t.id for t in p.prev()][0] == 200 and p.pages == 5
        p = db.paginate(db.select(filled).where(filled.title == "task 7"), count=False)
        assert p.total is None and [t.title for t in p] == ["task 7"]
        assert db.paginate(db.select(filled), per_page=500, max_per_page=200).per_page == 200
        with pytest.raises(NotFound):
            db.paginate(db.select(filled), page=99)
        assert db.paginate(db.select(filled), page=99, error_out=False).items == []


def test_of_a_select_on_another_bind(package, app):
    app.config["SQLALCHEMY_BINDS"] = {"other": "sqlite://"}
    db = package.SQLAlchemy(app)

    class Log(db.Model):
        __bind_key__ = "other"
        id = db.Column(db.Integer, primary_key=True)

    with app.app_context():
        db.create_all()
        db.session.add_all([Log() for _ in range(45)])
        db.session.commit()
        assert len(db.paginate(db.select(Log), page=3).items) == 5
        assert Log.query.paginate(page=3).total == 45


def test_of_a_select_with_a_joined_collection(app, db):
    class Parent(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        children = db.relationship("Child", lazy="joined")

    class Child(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        parent_id = db.Column(db.Integer, db.ForeignKey("parent.id"))

    with app.app_context():
        db.create_all()
        db.session.add_all([Parent(children=[Child(), Child()]) for _ in range(25)])
        db.session.commit()
        p = db.paginate(db.select(Parent).order_by(Parent.id), page=2)
        assert p.total == 25 and [x.id for x in p] == [21, 22, 23, 24, 25] and len(p.items[0].children) == 2
        p = Parent.query.order_by(Parent.id).paginate(page=2)
        assert p.total == 25 and [x.id for x in p] == [21, 22, 23, 24, 25]


def test_of_columns(app, db, filled):
    with app.app_context():
        p = db.paginate(db.select(filled.title).order_by(filled.id))
        assert p.items[0] == "task 0" and p.total == 250


def test_in_a_template(app, db, filled):
    from flask import render_template_string

    @app.route("/")
    def index():
        page = db.paginate(db.select(filled).order_by(filled.id), per_page=100)
        return render_template_string(
            "{% for n in page.iter_pages() %}{{ n or '..' }} {% endfor %}{{ page.first }}-{{ page.last }} of {{ page.total }}", page=page
        )

    client = app.test_client()
    assert client.get("/").text == "1 2 3 1-100 of 250"
    assert client.get("/?page=3").text == "1 2 3 201-250 of 250"
    for bad in ("4", "x", "-1", "0"):
        assert client.get(f"/?page={bad}").status_code == 404
