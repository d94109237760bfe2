"""Deadlines, identifiers, grouping and other methods in plain Python: data in, data out.

No Django, no network, no clock, no database. Whatever depends on the time of day takes `now`.
"""
