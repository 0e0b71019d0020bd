"""Home compliance: a registry's signed yes or no on one registrant's cycle, and no activity list.

For renewals where another registry asks whether somebody kept up at home. What is signed is
``app.verification.compliance``, a credential that everybody's verifier takes. ``judging`` finds the
answer in the ledger, ``issuing`` signs it, ``lists`` publishes which statements were withdrawn, and
``keeping`` withdraws those that the ledger no longer bears out.
"""
