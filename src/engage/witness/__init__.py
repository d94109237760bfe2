"""A witness: the small program with which a partner agency keeps the ledger honest.

It remembers, of each ledger it watches, the largest checkpoint it has seen, and cosigns only what goes on from that.
So whoever rules the whole of Engage's server still cannot take an entry back that a witness has seen. No database, no
Django, and nothing but sizes and hashes arrives. The protocol is C2SP tlog-witness.
"""
