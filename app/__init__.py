"""OpenCPD: an open, federated server for engineers' continuing professional development.

One word for one thing, in code, API, pages and prose:

society
    A member body that publishes courses and issues records.
source
    One configured feed of a society: connector name, its configuration, its schedule.
connector
    A plugin that reads one feed format.
run
    One execution of a source; it has a state, counters and issues.
raw item
    Exactly what the source gave for one course, with its hash.
course, course run, offer
    The learning resource; one dated delivery of it; a price. Three levels, never flattened.
source record
    The normalised form of one raw item; several may be matched to one course.
completion
    The fact that a holder completed a course (facts only).
record
    The signed completion record, an Open Badges 3.0 credential.
holder
    The engineer the record is about.
issuer
    The society whose key signs the record.
status
    Whether a record is valid, suspended, revoked or superseded, published as a status list.
trust list, trust chain
    Who may sign for whom, with which key, from when to when.
registry
    A body that keeps engineers' CPD and credits it.
policy
    A registry's rules, as versioned data.
decision
    What a policy says of a verified record: accept, accept_capped, evidence_only, review, reject.

This module imports the standard library only, so that ``python3 -m app`` can set up a fresh
machine before anything is installed.
"""

__version__ = "0.1.0"
