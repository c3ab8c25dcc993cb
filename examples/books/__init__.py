"""Books with plain sessions: list, new, edit and delete pages."""
