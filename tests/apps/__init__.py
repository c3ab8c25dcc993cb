"""The example applications on Cormorant and, with their import lines changed, on Flask-SQLAlchemy and SQLAlchemy."""
