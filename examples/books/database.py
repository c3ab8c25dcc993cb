"""The table of books, the engine and the maker of sessions."""

import os

from cormorant import Column, Integer, String, create_engine
from cormorant.orm import declarative_base, sessionmaker

Base = declarative_base()


class Book(Base):  # type: ignore[misc, valid-type]
    __tablename__ = "book"

    id = Column(Integer, primary_key=True)
    title = Column(String(250), nullable=False, unique=True)
    author = Column(String(250), nullable=False)
    genre = Column(String(250))


engine = create_engine(os.environ.get("DATABASE_URL", "sqlite:///books.db"))
Session = sessionmaker(bind=engine)
Base.metadata.create_all(engine)
