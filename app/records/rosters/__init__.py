"""Rosters: many completions of one society in one file.

A roster is checked whole before any of its rows becomes a record, waits for a second person when
the society wants that, and is then issued in batches. It can be stopped anywhere, by a crash too,
and goes on where it was: what was issued is not issued twice, what was not is not forgotten.

Owns the rosters, their rows and the errors found in them. The uploaded file is kept until it has
been checked and no longer; a row's facts are kept until its record is issued and no longer.
"""
