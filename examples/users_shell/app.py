"""A list of users, kept from the shell.

    $ flask --app examples.users_shell.app shell
    >>> db.create_all()
    >>> db.session.add(User(username="admin", email="admin@example.com"))
    >>> db.session.commit()
    >>> User.query.all()
    [<User 'admin'>]
"""
# mypy: disable-error-code="misc, name-defined"

import os

from flask import Flask

from cormorant.flask import SQLAlchemy

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = os.environ.get("DATABASE_URL", "sqlite:///users.db")
db = SQLAlchemy(app)


class User(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    username = db.Column(db.String(80), unique=True, nullable=False)
    email = db.Column(db.String(120), unique=True, nullable=False)

    def __repr__(self) -> str:
        return f"<User {self.username!r}>"


@app.get("/")
def index() -> dict[str, str]:
    """Name and address of everybody, for those who prefer a browser."""
    return {user.username: user.email for user in User.query.order_by(User.username)}
