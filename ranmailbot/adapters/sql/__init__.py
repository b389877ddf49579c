"""The store on SQLAlchemy Core: SQLite today, PostgreSQL later. What differs between them stands in `engine.py`.

Rooms: tables (what is stored), engine (connection, migrations, the worker's lock), people, post, timeline, outbox (the
SQL of each), store (the port, which ties them together in one transaction).
"""
