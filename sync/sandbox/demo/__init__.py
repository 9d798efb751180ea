"""The demonstration: a sample company, two rounds of sync, edits in between, and a table of what was done."""
