"""Students of a school: list, new, edit and delete pages."""
