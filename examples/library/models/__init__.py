"""The models; import them from here."""

from .book import Book, Tag, book_tag
from .user import User

__all__ = ["Book", "Tag", "User", "book_tag"]
