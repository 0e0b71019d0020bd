"""Pages of a person's own account: signing in, who one is, where one is signed in.

One module a page; everything works without JavaScript but passkeys, which are JavaScript's.
"""
