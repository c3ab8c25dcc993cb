"""Three small programs of the kind that tutorials teach."""
