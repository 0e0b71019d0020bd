"""A registry's register: its registrants, whose records are theirs, and what the registry lists.

Three things are kept, each the registry's own affair alone:

registrants  number (unique in the registry), name, language, registered from and until; linked to a
             person of this node when the registry has confirmed what that person states
holders      which holder of records (``urn:uuid``) is which registrant; one holder, one registrant
listings     issuers that the registry knows, each with a tag and its days; approvals of activities

How a record names a registrant. An issuer that knows an engineer's number writes it into the
record as a salted hash with a type (Open Badges 3.0, ``IdentityObject``). The type
``ext:RegisterNumber.<registry>``, with the id that the registry has on this node, is the number in
that registry and no other: where no hash of this type is the registrant's, the record is somebody
else's. Plain ``ext:RegisterNumber`` does not say which register is meant, and the numbers of two
registries may be the same, so by itself it shows nothing. A registry may name further types that it
takes for its own (``holders.set_number_types``): then a matching hash of such a type binds as well,
but one that does not match proves nothing, since others use it too.

``service`` is what other packages use.
"""
