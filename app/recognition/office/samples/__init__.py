"""An audit sample that anybody can draw again, and that nobody could choose.

A registry looks at the papers of a few per cent of its registrants. So that nobody can be picked,
or spared, on purpose, a sample is made in two steps.

1. *Announced.* The list of registrants is fixed (its SHA-256 is published, with how many there are
   and what share will be drawn), and the registry publishes a commitment: the SHA-256 of a random
   secret of 32 bytes. It may also name a public figure that nobody can know yet, such as the
   lottery numbers of a coming day.
2. *Drawn.* The secret is published, and with it the public figure. Their SHA-256 is the seed. A
   registrant's rank is the SHA-256 of ``seed:id`` in hexadecimal; the lowest ranks are the sample.

Why both. The commitment alone leaves the registry one freedom: it could make many secrets and
announce the one whose sample suits it. A public figure of later takes that away. The figure alone
would let everybody know the sample the moment it is out, and the secret keeps it until the draw.
Whoever has the list and the seed draws the same sample with any tool (``rules.drawn``).

What was announced stays on record, drawn or not: a sample cannot be thrown away for a better one.
"""
