"""The pages of an engineer's own development: cycles, decisions, paths, entries, notes."""
