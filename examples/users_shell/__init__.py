"""A list of users, kept from the Flask shell."""
