"""Courses in schema.org's terms, whatever format carries them (web pages, RDF/XML of OAI-PMH).

``jsonld`` joins the nodes that describe one thing, ``course`` and ``runs`` map a course and its
dates, ``values`` reads properties that may be written in many ways. No connector of its own.
"""
