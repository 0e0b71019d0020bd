"""Telling others' programs what happened, as Standard Webhooks (standardwebhooks.com) says.

An organisation enters endpoints, addresses of its own, and the types of events each wants. Domains
say over the outbox what happens (``platform.outbox.announce``); ``events`` lists what is told of
it and to whom; ``spreading`` makes deliveries of it, one for each endpoint that hears of it, and
``courier`` sends them, signed (``signing``), until they are taken or given up.

Delivery is at least once, and a repeated one has the id of the first. What is told is thin: ids,
states and addresses where more can be read by who may; nothing about people, ever.
"""
