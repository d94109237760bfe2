"""Files linked and clusters measured on any machine: no database, no server, no judgement kept."""
