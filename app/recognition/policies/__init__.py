"""A registry's rules as data: what a policy says, how it is read, checked and compared. Pure."""
