"""How a database comes to the form of this release, step by step. Run by Alembic, called by `database.py`."""
