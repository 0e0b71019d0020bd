"""Pages of an organisation for its members, below ``/organisations/{organisation_id}``.

One module a page, each a tab; a member sees the tabs that his or her roles open.
"""
