"""The authorization server (OAuth 2.0): who proves to be which client, and the tokens it gets.

Built of Authlib's framework-free parts and joserfc. What a token opens is decided elsewhere
(``identity.access``, ``identity.rules``); here it is made, read, and ended.
"""
