"""A user model: created, added, committed, read back; what is not committed is lost.

    python -m examples.tutorials.users [sqlite:///users.db]
"""

import sys

from cormorant import Column, Integer, String, create_engine
from cormorant.orm import declarative_base, sessionmaker

Base = declarative_base()


class User(Base):  # type: ignore[misc, valid-type]
    __tablename__ = "user"

    id = Column(Integer, primary_key=True)
    username = Column(String(80), unique=True, nullable=False)
    email = Column(String(120), unique=True, nullable=False)

    def __repr__(self) -> str:
        return f"<User {self.username!r}>"


def main(url: str = "sqlite://") -> None:
    engine = create_engine(url)
    Base.metadata.create_all(engine)
    session = sessionmaker(bind=engine)()

    admin = User(username="admin", email="admin@example.com")
    guest = User(username="guest", email="guest@example.com")
    print("before add:", admin.id, admin)
    session.add(admin)
    session.add(guest)
    session.commit()
    print("after commit:", admin.id, guest.id)

    print("all:", session.query(User).all())
    print("get(1):", session.query(User).get(1), session.get(User, 1) is admin)
    print("filter_by:", session.query(User).filter_by(username="guest").first())
    print("nobody:", session.query(User).filter_by(username="nobody").first())

    session.add(User(username="ghost", email="ghost@example.com"))
    print("seen before commit:", session.query(User).count())
    session.close()
    print("lost without commit:", sessionmaker(bind=engine)().query(User).count())


if __name__ == "__main__":
    main(*sys.argv[1:])
