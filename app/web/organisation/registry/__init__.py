"""The pages of a registry, for its members: what came in, what was decided, by which rules.

They show and ask; what is done is done by ``recognition``'s services, which refuse whom they must.
"""
