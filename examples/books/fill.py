"""Some books to begin with; those that are there stay as they are.  python -m examples.books.fill"""

from .database import Book, Session

BOOKS = [
    ("The Bell Jar", "Sylvia Plath", "roman à clef"),
    ("À la recherche du temps perdu", "Marcel Proust", "roman-fleuve"),
    ("Преступление и наказание", "Фёдор Достоевский", "роман"),
    ("Ζητείται ελπίς", "Αντώνης Σαμαράκης", "διηγήματα"),
    ("Emma", "Jane Austen", "novel of manners"),
]

if __name__ == "__main__":
    with Session.begin() as session:
        for title, author, genre in BOOKS:
            if session.query(Book).filter_by(title=title).first() is None:
                session.add(Book(title=title, author=author, genre=genre))
        print(f"{session.query(Book).count()} books")
