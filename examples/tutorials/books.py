"""Books with a plain session: create, read, update, delete, and the same session used by the threads of a server.

    python -m examples.tutorials.books [sqlite:///books.db]
"""

import sys
import threading

from cormorant import Column, Integer, String, create_engine
from cormorant.orm import Session, declarative_base, sessionmaker
from cormorant.orm.exc import MultipleResultsFound, NoResultFound

Base = declarative_base()


class Book(Base):  # type: ignore[misc, valid-type]
    __tablename__ = "book"

    id = Column(Integer, primary_key=True)
    title = Column(String(250), nullable=False)
    author = Column(String(250), nullable=False)
    genre = Column(String(250))


def connect(url: str) -> Session:
    engine = create_engine(url, connect_args={"check_same_thread": False})
    Base.metadata.create_all(engine)
    Base.metadata.bind = engine
    return sessionmaker(bind=engine)()


def main(url: str = "sqlite://") -> None:
    session = connect(url)

    # create
    session.add(Book(title="The Bell Jar", author="Sylvia Pla", genre="roman à clef"))
    session.add(Book(title="Emma", author="Jane Austen"))
    session.commit()

    # read
    print("all:", [(b.id, b.title) for b in session.query(Book).all()])
    first = session.query(Book).order_by(Book.id).first()
    print("first:", first and first.title)
    try:
        session.query(Book).one()
    except MultipleResultsFound as error:
        print("one:", type(error).__name__)
    try:
        session.query(Book).filter_by(title="Dune").one()
    except NoResultFound as error:
        print("one:", type(error).__name__)

    # update: the next query sees it before it is committed
    book = session.query(Book).filter_by(title="The Bell Jar").one()
    book.author = "Sylvia Plath"  # type: ignore[assignment]  # without Mapped[], a checker sees the column
    print("seen:", session.query(Book).filter_by(author="Sylvia Plath").count())
    session.commit()

    # delete
    session.delete(session.query(Book).filter_by(title="Emma").one())
    session.commit()
    print("left:", [(b.title, b.author, b.genre) for b in session.query(Book)])

    # a server hands the same session to one thread after another
    def request(n: int) -> None:
        session.add(Book(title=f"Book {n}", author="Thread"))
        session.commit()

    for n in range(4):
        thread = threading.Thread(target=request, args=(n,))
        thread.start()
        thread.join()
    print("by threads:", session.query(Book).filter_by(author="Thread").count())


if __name__ == "__main__":
    main(*sys.argv[1:])
