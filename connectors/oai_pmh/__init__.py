"""OAI-PMH 2.0, the protocol of repositories and training registries.

``connector`` walks a repository's lists; ``dublin_core``, ``lom`` and ``rdf_xml`` each map records
of one of the forms that a repository hands out.
"""

from connectors.oai_pmh.connector import OaiPmh as OaiPmh

__all__ = ["OaiPmh"]
