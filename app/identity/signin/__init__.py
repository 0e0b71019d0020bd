"""How people prove who they are: by a link that was mailed to them, by a passkey.

Owns the tables of links, passkeys and their challenges. Each way ends in a person's id and nothing
else; beginning the session is ``people.sessions``'s affair, so a way in never decides what its
person may do.
"""
