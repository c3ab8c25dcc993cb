"""Fills the tables.  python -m examples.students.fill"""

from .app import Student, app, db

STUDENTS = [
    ("Ada", "Lovelace", "ada@example.com", 21, "Writes programs for engines that are not built yet."),
    ("Zoë", "Müller", "zoe@example.com", 23, "Biology, and the trumpet."),
    ("Émile", "Durand", "emile@example.com", 22, "Reads romans à clef."),
    ("Søren", "Åberg", "soren@example.com", 20, ""),
    ("Σοφία", "Παπά", "sofia@example.com", 24, "Μαθηματικά"),
    ("Mary", "O'Brien", "mary@example.com", None, "Came back <after> ten years & stayed."),
]

if __name__ == "__main__":
    with app.app_context():
        for firstname, lastname, email, age, bio in STUDENTS:
            db.session.add(Student(firstname=firstname, lastname=lastname, email=email, age=age, bio=bio))
        db.session.commit()
        print(f"{Student.query.count()} students")
