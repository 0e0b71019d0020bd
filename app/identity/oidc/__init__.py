"""Signing in with accounts that people have elsewhere, by OpenID Connect.

Owns the tables of external identities, of sign-ins under way and of which session a provider began.
This node is a relying party by the authorization code flow with PKCE (OpenID Connect Core 1.0 §3.1,
RFC 7636, RFC 9700); a provider is trusted to say who somebody is among its own accounts, and
nothing else: what it sends is read as a stranger's.

An identity is an issuer and a subject. It never finds a person by an e-mail address: who wants to
join an identity to an account that there is already proves to be that account's owner first.
"""
