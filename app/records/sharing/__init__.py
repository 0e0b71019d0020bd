"""Links by which a record reaches its holder, and whoever the holder shows it to.

The issuer makes one holder's link for a record and hands it over; the holder makes share links,
each with an end and a label, and ends them. A link is a secret of 256 bits: who has it may see what
it opens, and nobody can guess one. Only hashes are kept. A link that ended is as if it never was.
"""
