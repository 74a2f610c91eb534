"""How do we reach the database? Engine, transactions and migrations, alike on SQLite and PostgreSQL."""
