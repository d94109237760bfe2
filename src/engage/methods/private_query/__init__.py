"""Do you know this child? Asked by one team of another, with neither list leaving its owner.

Data in, data out: no Django, no database, no clock, no network. What it reveals and what it does not stands in
docs/decisions/0028. It has not been reviewed by an independent cryptographer, and must be before real use.
"""
