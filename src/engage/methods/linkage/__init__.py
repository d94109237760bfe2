"""Who is who: how alike two identity records are, why, and which records are one person.

Data in, data out: no Django, no database but a temporary DuckDB file, no clock.
"""
