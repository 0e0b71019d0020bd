"""Courses that may be one, or one course in several languages: found, shown to people, decided.

``likeness`` compares (pure), ``finding`` looks for pairs in the background, ``service`` is what
people do with them, ``joining`` moves source records from course to course. Nothing fuzzy merges by
itself; whatever a person decides is a row, can be lifted, and is remembered (DESIGN §3).
"""
