"""A library of many readers: application factory, blueprints, logins, pagination, migrations.

    $ flask --app examples.library db upgrade -d examples/library/migrations
    $ flask --app examples.library run
"""

import os
from typing import Any, Mapping

from flask import Flask

from .extensions import db, login_manager, migrate


def create_app(config: Mapping[str, Any] | None = None) -> Flask:
    app = Flask(__name__)
    app.config.from_mapping(
        SECRET_KEY=os.environ.get("SECRET_KEY", "for development only"),
        SQLALCHEMY_DATABASE_URI=os.environ.get("DATABASE_URL", "sqlite:///library.db"),
        SESSION_COOKIE_SAMESITE="Lax",
    )
    app.config.from_mapping(config or {})

    db.init_app(app)
    from . import models  # noqa: F401  # fills db.metadata

    migrate.init_app(app, db)  # pyright: ignore[reportArgumentType]  # any extension of this shape will do
    login_manager.init_app(app)

    from . import auth, books, errors

    app.register_blueprint(auth.bp)
    app.register_blueprint(books.bp)
    errors.init_app(app)
    return app
