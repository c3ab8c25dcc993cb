"""Flask applications, whole: requests in, answers out."""

from __future__ import annotations

import flask

from .kit import program


def application(k, **config):
    """(app, db, client) of an application on memory."""
    app = flask.Flask("idioms")
    app.config.update(SQLALCHEMY_DATABASE_URI="sqlite://", TESTING=True, **config)
    return app, k.flask.SQLAlchemy(app), app.test_client()


def users(k):
    app, db, client = application(k)

    class User(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        name = db.Column(db.String(20), unique=True, nullable=False)

        def to_dict(self):
            return {"id": self.id, "name": self.name}

    with app.app_context():
        db.create_all()
    return app, db, client, User


@program
def rest_of_one_model(k):
    app, db, client, User = users(k)

    @app.route("/users", methods=["GET", "POST"])
    def index():
        if flask.request.method == "POST":
            user = User(name=flask.request.json["name"])
            db.session.add(user)
            try:
                db.session.commit()
            except k.exc.IntegrityError:
                db.session.rollback()
                flask.abort(409)
            return user.to_dict(), 201
        return [u.to_dict() for u in User.query.order_by(User.name)]

    @app.route("/users/<int:id>", methods=["GET", "PATCH", "DELETE"])
    def one(id):
        user = db.get_or_404(User, id)
        if flask.request.method == "DELETE":
            db.session.delete(user)
        elif flask.request.method == "PATCH":
            user.name = flask.request.json["name"]
        db.session.commit()
        return user.to_dict() if flask.request.method != "DELETE" else ("", 204)

    said = [client.post("/users", json={"name": n}).status_code for n in ("b", "a", "a")]
    said.append(client.patch("/users/1", json={"name": "z"}).json)
    said += [client.get("/users").json, client.delete("/users/2").status_code, client.get("/users/2").status_code]
    return said


@program
def pages_in_a_template(k):
    app, db, client, User = users(k)
    with app.app_context():
        db.session.add_all([User(name=f"u{n:02}") for n in range(25)])
        db.session.commit()
    template = "{% for u in page.items %}{{ u.name }} {% endfor %}|{% for n in page.iter_pages() %}{{ n or '..' }} {% endfor %}|{{ page.has_next }} {{ page.total }}"

    @app.get("/")
    def index():
        return flask.render_template_string(template, page=db.paginate(db.select(User).order_by(User.name), per_page=4, max_per_page=10))

    return [client.get(url).text for url in ("/", "/?page=3", "/?page=7")], client.get("/?page=9").status_code


@program
def session_ends_with_the_request(k):
    app, db, client, User = users(k)
    seen = []

    @app.get("/leak")
    def leak():
        db.session.add(User(name="never committed"))
        db.session.flush()
        seen.append(db.session())
        return str(User.query.count())

    first, second = client.get("/leak").text, client.get("/leak").text
    with app.app_context():
        return first, second, seen[0] is not seen[1], User.query.count(), k.raises(lambda: None)


@program
def application_factory_with_blueprint(k):
    db = k.flask.SQLAlchemy()
    pages = flask.Blueprint("pages", "idioms")

    class Page(db.Model):
        slug = db.Column(db.String, primary_key=True)
        text = db.Column(db.Text, default="empty")

    @pages.get("/<slug>")
    def show(slug):
        return db.one_or_404(db.select(Page).filter_by(slug=slug), description="no page").text

    def create_app(name):
        app = flask.Flask("idioms")
        app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite://"
        db.init_app(app)
        app.register_blueprint(pages)
        with app.app_context():
            db.create_all()
            db.session.add(Page(slug=name))
            db.session.commit()
        return app

    one, two = create_app("one"), create_app("two")
    outside = k.raises(lambda: db.session.query(Page).all())
    return [app.test_client().get(url).status_code for app in (one, two) for url in ("/one", "/two")], outside, one.test_client().get("/one").text


@program
def several_databases(k):
    app, db, client = application(k, SQLALCHEMY_BINDS={"logs": "sqlite://", "meta": {"url": "sqlite://"}})

    class User(db.Model):
        id = db.Column(db.Integer, primary_key=True)

    class Log(db.Model):
        __bind_key__ = "logs"
        id = db.Column(db.Integer, primary_key=True)
        text = db.Column(db.String)

    with app.app_context():
        db.create_all()
        db.session.add_all([User(), Log(text="x"), Log(text="y")])
        db.session.commit()
        tables = [k.sa.inspect(db.engines[key]).get_table_names() for key in (None, "logs", "meta")]
        with db.engines["logs"].connect() as connection:
            return tables, connection.scalar(k.sa.text("select count(*) from log")), sorted(db.metadatas, key=str), User.query.count()


@program
def model_mixins_and_names(k):
    app, db, client = application(k)

    class Stamped:
        created = db.Column(db.String, default="now")

        @classmethod
        def create(cls, **kw):
            found = cls(**kw)
            db.session.add(found)
            db.session.commit()
            return found

    class BlogPost(Stamped, db.Model):
        id = db.Column(db.Integer, primary_key=True)
        tags = db.relationship("HTTPTag", secondary="post_tags", lazy="subquery", backref=db.backref("posts", lazy=True))

    class HTTPTag(Stamped, db.Model):
        id = db.Column(db.Integer, primary_key=True)
        name = db.Column(db.String)

    db.Table("post_tags", db.Column("p", db.ForeignKey("blog_post.id"), primary_key=True), db.Column("t", db.ForeignKey("http_tag.id"), primary_key=True))
    with app.app_context():
        db.create_all()
        tag = HTTPTag.create(name="t")
        post = BlogPost.create(tags=[tag])
        return BlogPost.__tablename__, HTTPTag.__tablename__, repr(post), [t.name for t in post.tags], len(tag.posts), post.created


@program
def fixtures_made_by_factories(k):
    app, db, client, User = users(k)

    class Factory:
        """What factory_boy's SQLAlchemyModelFactory does, in short."""

        counter = 0

        @classmethod
        def create(cls, **kw):
            cls.counter += 1
            values = {"name": f"user{cls.counter}", **kw}
            found = db.session.query(User).filter_by(**{key: values[key] for key in ("name",)}).one_or_none()
            if found is None:
                found = User(*[], **values)
                db.session.add(found)
                db.session.flush()
            return found

    with app.app_context():
        made = [Factory.create(), Factory.create(name="ann"), Factory.create(name="ann")]
        db.session.commit()
        names = [u.name for u in made]
        mapper = k.sa.inspect(User)
        keys = [prop.key for prop in mapper.iterate_properties], [c.name for c in mapper.primary_key], mapper.class_ is User
        return names, made[1] is made[2], keys, User.query.count()


@program
def forms_made_from_models(k):
    app, db, client, User = users(k)
    sa = k.sa

    class Pet(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        name = db.Column(db.String(10), nullable=False, info={"label": "Its name"})
        kind = db.Column(db.Enum("cat", "dog", name="kind"), default="cat")
        weight = db.Column(db.Numeric(5, 2), server_default="1")
        owner_id = db.Column(db.ForeignKey("user.id"))
        owner = db.relationship(User, backref="pets")

    def field(prop):
        if hasattr(prop, "direction"):
            return prop.key, "select", prop.mapper.class_.__name__, prop.uselist, prop.direction.name, [c.nullable for c in prop.local_columns]
        column = prop.columns[0]
        for kind in type(column.type).__mro__:
            if kind.__name__ in ("Integer", "String", "Enum", "Numeric"):
                break
        required = not column.nullable and column.default is None and column.server_default is None
        default = column.default.arg if column.default is not None else None
        return prop.key, kind.__name__, required, getattr(column.type, "length", None), default, dict(column.info), bool(column.foreign_keys), column.primary_key

    k.orm.configure_mappers()
    return [field(p) for p in sa.inspect(Pet).iterate_properties], [p.key for p in sa.inspect(User).relationships], bool(Pet.name), not Pet.owner


@program
def login_with_tokens(k):
    app, db, client = application(k, SECRET_KEY="s")

    class Account(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        name = db.Column(db.String, unique=True)
        roles = db.relationship("Role", secondary="account_role", collection_class=set)

    class Role(db.Model):
        id = db.Column(db.Integer, primary_key=True)
        name = db.Column(db.String)

    db.Table("account_role", db.Column("a", db.ForeignKey("account.id")), db.Column("r", db.ForeignKey("role.id")))

    @app.before_request
    def load():
        flask.g.account = db.session.get(Account, flask.session["id"]) if "id" in flask.session else None

    @app.post("/login/<name>")
    def login(name):
        flask.session["id"] = Account.query.filter_by(name=name).first_or_404().id
        return "in"

    @app.get("/admin")
    def admin():
        if flask.g.account is None or not any(role.name == "admin" for role in flask.g.account.roles):
            flask.abort(403)
        return flask.g.account.name

    with app.app_context():
        db.create_all()
        db.session.add_all([Account(name="ann", roles={Role(name="admin"), Role(name="editor")}), Account(name="bob")])
        db.session.commit()
    out = [client.get("/admin").status_code]
    for name in ("bob", "ann", "eve"):
        out += [client.post(f"/login/{name}").status_code, client.get("/admin").text[:3]]
    return out
