"""Runs the migrations on the database of the current application; Alembic executes this file."""

from alembic import context
from flask import current_app

migrate = current_app.extensions["migrate"]
settings = {"target_metadata": migrate.db.metadata, **migrate.configure_args}

if context.is_offline_mode():
    url = migrate.db.engine.url.render_as_string(hide_password=False)
    context.configure(url=url, literal_binds=True, **settings)
    with context.begin_transaction():
        context.run_migrations()
else:
    with migrate.db.engine.connect() as connection:
        context.configure(connection=connection, **settings)
        with context.begin_transaction():
            context.run_migrations()
