"""Alembic scripts of the state database; a package so that they ship with the library."""
