"""Who may sign for whom, with which key, from when to when.

Owns issuers, their keys with history, the copies of status lists a bundle carries, and the signer
that holds the private keys. Only ``records``, ``trust`` and ``wiring`` touch the signer.
"""
