"""Shared workspace of multi-agency teams that protect missing and exploited children."""
