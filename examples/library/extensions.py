"""The extensions, not yet tied to an application."""
# mypy: disable-error-code="import-untyped"

from flask_login import LoginManager
from flask_migrate import Migrate

from cormorant import MetaData
from cormorant.flask import SQLAlchemy
from cormorant.orm import DeclarativeBase

NAMES = {  # migrations can only drop constraints that have names
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMES)


db = SQLAlchemy(model_class=Base)
migrate = Migrate()
login_manager = LoginManager()
login_manager.login_view = "auth.login"  # pyright: ignore[reportAttributeAccessIssue]
login_manager.login_message = "Please log in."
