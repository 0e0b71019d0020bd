"""A web site's pages with courses in them, described with schema.org.

``site_list`` says which pages there are, ``robots`` which may be read, ``site_walk`` reads them one
by one, ``web_page`` and ``page_courses`` find the courses on a page; ``connector`` runs it all.
What the descriptions mean, other formats ask too: ``connectors.schema_terms``.
"""

from connectors.schema_org.connector import SchemaOrg as SchemaOrg

__all__ = ["SchemaOrg"]
