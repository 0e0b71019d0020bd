"""A node to look at: three made-up societies whose feeds it serves and harvests itself.

Everything runs through the real parts: the feeds go out over HTTP on loopback and come in through
the connectors; the records are signed with real keys. Only the societies and their courses are
invented, and every page of theirs says so.
"""
