"""Cormorant against SQLAlchemy and the sqlite3 module: contenders take turns in one process, medians, ratios first."""
