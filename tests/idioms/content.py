"""Things that people write and read: blogs, forums, wikis, trees of pages."""

from __future__ import annotations

import datetime

from .kit import program

NOON = datetime.datetime(2024, 5, 1, 12)


@program
def blog(k):
    sa, orm, Base = k.sa, k.orm, k.base()

    class User(Base):
        __tablename__ = "user"
        id = sa.Column(sa.Integer, primary_key=True)
        name = sa.Column(sa.String(30), unique=True, nullable=False)
        posts = orm.relationship("Post", back_populates="author", order_by="Post.created.desc()", cascade="all, delete-orphan")

    class Post(Base):
        __tablename__ = "post"
        id = sa.Column(sa.Integer, primary_key=True)
        author_id = sa.Column(sa.ForeignKey("user.id"), nullable=False)
        title = sa.Column(sa.String, nullable=False)
        created = sa.Column(sa.DateTime, default=NOON)
        author = orm.relationship(User, back_populates="posts")

    s = k.session(Base)
    ann = User(name="ann")
    ann.posts = [Post(title="old"), Post(title="new", created=NOON + datetime.timedelta(days=1))]
    s.add(ann)
    s.commit()
    titles = [p.title for p in ann.posts]
    del ann.posts[0]
    s.commit()
    return titles, [(p.title, p.author.name, str(p.created)) for p in s.scalars(sa.select(Post))], s.query(Post).count()


@program
def forum_with_last_answers(k):
    sa, orm, Base = k.sa, k.orm, k.base()

    class Topic(Base):
        __tablename__ = "topic"
        id = sa.Column(sa.Integer, primary_key=True)
        title = sa.Column(sa.String)
        answers = orm.relationship("Answer", backref="topic")

    class Answer(Base):
        __tablename__ = "answer"
        id = sa.Column(sa.Integer, primary_key=True)
        topic_id = sa.Column(sa.ForeignKey(Topic.id))
        text = sa.Column(sa.Text)

    s = k.session(Base)
    s.add_all([Topic(title="a", answers=[Answer(text="1"), Answer(text="2")]), Topic(title="b"), Topic(title="c", answers=[Answer(text="3")])])
    s.commit()
    last = sa.select(Answer.topic_id, sa.func.max(Answer.id).label("id"), sa.func.count().label("n")).group_by(Answer.topic_id).subquery()
    rows = s.execute(
        sa.select(Topic.title, sa.func.coalesce(last.c.n, 0), Answer.text)
        .outerjoin(last, last.c.topic_id == Topic.id).outerjoin(Answer, Answer.id == last.c.id).order_by(Topic.title)
    ).all()
    return [tuple(r) for r in rows]


@program
def tags_shared_by_name(k):
    sa, orm, Base = k.sa, k.orm, k.base()
    link = sa.Table("link", Base.metadata, sa.Column("p", sa.ForeignKey("post.id"), primary_key=True), sa.Column("t", sa.ForeignKey("tag.id"), primary_key=True))

    class Tag(Base):
        __tablename__ = "tag"
        id = sa.Column(sa.Integer, primary_key=True)
        name = sa.Column(sa.String, unique=True)

        @classmethod
        def get_or_create(cls, s, name):
            return s.query(cls).filter_by(name=name).one_or_none() or cls(name=name)

    class Post(Base):
        __tablename__ = "post"
        id = sa.Column(sa.Integer, primary_key=True)
        tags = orm.relationship(Tag, secondary=link, backref=orm.backref("posts", lazy="dynamic"), order_by=Tag.name)
        tag_names = k.module("ext.associationproxy").association_proxy("tags", "name")

    s = k.session(Base)
    for names in (["red", "blue"], ["red"], ["green", "blue", "red"]):
        post = Post()
        s.add(post)
        for name in names:
            post.tags.append(Tag.get_or_create(s, name))
            s.flush()
    s.commit()
    both = s.query(Post).filter(Post.tags.any(name="red"), Post.tags.any(Tag.name == "blue")).order_by(Post.id).all()
    cloud = s.query(Tag.name, sa.func.count(link.c.p)).join(link).group_by(Tag.name).order_by(sa.desc(sa.func.count(link.c.p)), Tag.name).all()
    red = s.query(Tag).filter_by(name="red").one()
    return [sorted(p.tag_names) for p in both], [tuple(r) for r in cloud], red.posts.count(), red.posts.filter(Post.id > 1).count()


@program
def comments_as_a_tree(k):
    sa, orm, Base = k.sa, k.orm, k.base()

    class Comment(Base):
        __tablename__ = "comment"
        id = sa.Column(sa.Integer, primary_key=True)
        parent_id = sa.Column(sa.ForeignKey("comment.id"))
        text = sa.Column(sa.String)
        replies = orm.relationship("Comment", backref=orm.backref("parent", remote_side=[id]), order_by=id)

    s = k.session(Base)
    root = Comment(text="root", replies=[Comment(text="a", replies=[Comment(text="a1")]), Comment(text="b")])
    s.add(root)
    s.commit()
    tree = sa.select(Comment.id, Comment.text, sa.literal(0).label("depth")).where(Comment.parent_id.is_(None)).cte("tree", recursive=True)
    tree = tree.union_all(sa.select(Comment.id, Comment.text, tree.c.depth + 1).join(tree, Comment.parent_id == tree.c.id))

    def outline(c):
        return {c.text: [outline(r) for r in c.replies]}

    return [tuple(r) for r in s.execute(sa.select(tree.c.text, tree.c.depth).order_by(tree.c.depth, tree.c.id))], outline(root)


@program
def path_to_the_root(k):
    sa, orm, Base = k.sa, k.orm, k.base()

    class Folder(Base):
        __tablename__ = "folder"
        id = sa.Column(sa.Integer, primary_key=True)
        name = sa.Column(sa.String)
        parent_id = sa.Column(sa.ForeignKey("folder.id"))
        parent = orm.relationship("Folder", remote_side="Folder.id", back_populates="children")
        children = orm.relationship("Folder", back_populates="parent", collection_class=k.module("orm.collections").attribute_keyed_dict("name"))

    s = k.session(Base)
    usr = Folder(name="usr")
    usr.children["lib"] = lib = Folder(name="lib")
    lib.children["x"] = x = Folder(name="x")
    s.add(usr)
    s.commit()
    up = sa.select(Folder).where(Folder.id == x.id).cte(recursive=True)
    step = orm.aliased(Folder)
    up = up.union_all(sa.select(step).join(up, step.id == up.c.parent_id))
    found = s.scalars(sa.select(Folder).join(up, Folder.id == up.c.id).order_by(Folder.id)).all()
    return "/".join(f.name for f in found), sorted(usr.children), usr.children["lib"].children["x"] is x


@program
def nested_sets(k):
    sa, orm, Base = k.sa, k.orm, k.base()

    class Node(Base):
        __tablename__ = "node"
        name = sa.Column(sa.String, primary_key=True)
        left = sa.Column("lft", sa.Integer, nullable=False)
        right = sa.Column("rgt", sa.Integer, nullable=False)

    @k.event.listens_for(Node, "before_insert")
    def place(mapper, connection, node):
        parent = getattr(node, "_parent", None)
        table = mapper.local_table
        at = 1 if parent is None else connection.scalar(sa.select(table.c.rgt).where(table.c.name == parent))
        for side in ("lft", "rgt"):
            connection.execute(table.update().where(table.c[side] >= at).values({side: table.c[side] + 2}))
        node.left, node.right = at, at + 1

    s = k.session(Base)
    for name, parent in (("food", None), ("fruit", "food"), ("meat", "food"), ("cherry", "fruit")):
        node = Node(name=name)
        node._parent = parent
        s.add(node)
        s.flush()
    s.commit()
    up = orm.aliased(Node)
    depth = s.query(Node.name, sa.func.count(up.name)).join(up, Node.left.between(up.left, up.right)).group_by(Node.name).order_by(Node.left)
    return [tuple(r) for r in depth], [(n.name, n.left, n.right) for n in s.query(Node).order_by(Node.left)]


@program
def polymorphic_content(k):
    sa, orm, Base = k.sa, k.orm, k.base()

    class Content(Base):
        __tablename__ = "content"
        id = sa.Column(sa.Integer, primary_key=True)
        kind = sa.Column(sa.String(20))
        title = sa.Column(sa.String)
        __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "content"}

    class Article(Content):
        __tablename__ = "article"
        id = sa.Column(sa.ForeignKey("content.id"), primary_key=True)
        body = sa.Column(sa.Text)
        __mapper_args__ = {"polymorphic_identity": "article"}

    class Link(Content):
        url = sa.Column(sa.String)
        __mapper_args__ = {"polymorphic_identity": "link"}

    s = k.session(Base)
    s.add_all([Article(title="a", body="text"), Link(title="l", url="/x"), Content(title="c")])
    s.commit()
    s.expunge_all()
    everything = orm.with_polymorphic(Content, "*")
    found = s.scalars(sa.select(everything).order_by(everything.title)).all()
    return [(type(c).__name__, c.title, getattr(c, "body", None), getattr(c, "url", None)) for c in found], s.query(Article).count(), s.query(Link).one().url


@program
def gallery_ordered_by_hand(k):
    sa, orm, Base = k.sa, k.orm, k.base()
    ordering_list = k.module("ext.orderinglist").ordering_list

    class Album(Base):
        __tablename__ = "album"
        id = sa.Column(sa.Integer, primary_key=True)
        photos = orm.relationship("Photo", order_by="Photo.position", collection_class=ordering_list("position"), cascade="all, delete-orphan")

    class Photo(Base):
        __tablename__ = "photo"
        id = sa.Column(sa.Integer, primary_key=True)
        album_id = sa.Column(sa.ForeignKey("album.id"))
        position = sa.Column(sa.Integer)
        name = sa.Column(sa.String)

    s = k.session(Base)
    album = Album(photos=[Photo(name=n) for n in "abcd"])
    s.add(album)
    s.commit()
    album.photos.insert(0, album.photos.pop(3))
    album.photos.remove(album.photos[1])
    s.commit()
    return [(p.name, p.position) for p in album.photos], [tuple(r) for r in s.query(Photo.name, Photo.position).order_by(Photo.position)]


@program
def wiki_with_revisions(k):
    sa, orm, Base = k.sa, k.orm, k.base()

    class Page(Base):
        __tablename__ = "page"
        id = sa.Column(sa.Integer, primary_key=True)
        name = sa.Column(sa.String, unique=True)
        current_id = sa.Column(sa.ForeignKey("revision.id", use_alter=True, name="fk_current"))
        revisions = orm.relationship("Revision", foreign_keys="Revision.page_id", back_populates="page", order_by="Revision.number")
        current = orm.relationship("Revision", foreign_keys=current_id, post_update=True)

    class Revision(Base):
        __tablename__ = "revision"
        id = sa.Column(sa.Integer, primary_key=True)
        page_id = sa.Column(sa.ForeignKey("page.id"))
        number = sa.Column(sa.Integer)
        text = sa.Column(sa.Text)
        page = orm.relationship(Page, foreign_keys=page_id, back_populates="revisions")

    s = k.session(Base)
    page = Page(name="home")
    s.add(page)
    for number, text in enumerate(["first", "second"], 1):
        page.current = Revision(page=page, number=number, text=text)
        s.commit()
    return page.current.text, [r.text for r in page.revisions], s.query(Page).join(Page.current).filter(Revision.number == 2).one().name


@program
def favourites_with_a_date(k):
    sa, orm, Base = k.sa, k.orm, k.base()

    class User(Base):
        __tablename__ = "user"
        id = sa.Column(sa.Integer, primary_key=True)
        favourites = orm.relationship("Favourite", back_populates="user", cascade="all, delete-orphan")
        songs = k.module("ext.associationproxy").association_proxy("favourites", "song", creator=lambda song: Favourite(song=song, since=NOON))

    class Song(Base):
        __tablename__ = "song"
        id = sa.Column(sa.Integer, primary_key=True)
        name = sa.Column(sa.String)

    class Favourite(Base):
        __tablename__ = "favourite"
        user_id = sa.Column(sa.ForeignKey(User.id), primary_key=True)
        song_id = sa.Column(sa.ForeignKey(Song.id), primary_key=True)
        since = sa.Column(sa.DateTime)
        user = orm.relationship(User, back_populates="favourites")
        song = orm.relationship(Song)

    s = k.session(Base)
    user, a, b = User(), Song(name="a"), Song(name="b")
    user.songs.append(a)
    user.songs.append(b)
    s.add(user)
    s.commit()
    user.songs.remove(a)
    s.commit()
    found = s.query(User).filter(User.songs.contains(b)).count(), s.query(User).filter(User.songs.any(Song.name == "a")).count()
    return [x.name for x in user.songs], found, [str(f.since) for f in user.favourites]


@program
def comments_on_anything(k):
    sa, orm, Base = k.sa, k.orm, k.base()

    class Comment(Base):
        __tablename__ = "comment"
        id = sa.Column(sa.Integer, primary_key=True)
        on_type = sa.Column(sa.String)
        on_id = sa.Column(sa.Integer)
        text = sa.Column(sa.String)

        @property
        def on(self):
            return getattr(self, f"on_{self.on_type}")

    class HasComments:
        id = sa.Column(sa.Integer, primary_key=True)

    @k.event.listens_for(HasComments, "mapper_configured", propagate=True)
    def setup(mapper, cls):
        name = cls.__name__.lower()
        cls.comments = orm.relationship(
            Comment, primaryjoin=sa.and_(cls.id == orm.foreign(orm.remote(Comment.on_id)), Comment.on_type == name),
            backref=orm.backref(f"on_{name}", primaryjoin=orm.remote(cls.id) == orm.foreign(Comment.on_id)),
        )

        @k.event.listens_for(cls.comments, "append")
        def append(target, value, initiator):
            value.on_type = name

    class Photo(HasComments, Base):
        __tablename__ = "photo"

    class Film(HasComments, Base):
        __tablename__ = "film"

    orm.configure_mappers()
    s = k.session(Base)
    photo, film = Photo(comments=[Comment(text="nice")]), Film(comments=[Comment(text="long"), Comment(text="dull")])
    s.add_all([photo, film])
    s.commit()
    return [sorted(c.text for c in x.comments) for x in (photo, film)], [type(c.on).__name__ for c in s.query(Comment).order_by(Comment.text)]


@program
def translations_by_language(k):
    sa, orm, Base = k.sa, k.orm, k.base()
    proxies, collections = k.module("ext.associationproxy"), k.module("orm.collections")

    class Page(Base):
        __tablename__ = "page"
        id = sa.Column(sa.Integer, primary_key=True)
        _titles = orm.relationship("Title", collection_class=collections.attribute_keyed_dict("lang"), cascade="all, delete-orphan")
        titles = proxies.association_proxy("_titles", "text", creator=lambda lang, text: Title(lang=lang, text=text))

    class Title(Base):
        __tablename__ = "title"
        page_id = sa.Column(sa.ForeignKey(Page.id), primary_key=True)
        lang = sa.Column(sa.String(2), primary_key=True)
        text = sa.Column(sa.String)

    s = k.session(Base)
    page = Page(titles={"en": "Hello", "de": "Hallo"})
    s.add(page)
    s.commit()
    page.titles["fr"] = "Bonjour"
    page.titles["en"] = "Hi"
    del page.titles["de"]
    s.commit()
    return dict(page.titles), sorted(tuple(r) for r in s.query(Title.lang, Title.text)), s.query(Page).filter(Page._titles.any(lang="fr")).count()
