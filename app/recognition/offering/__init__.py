"""What a course of the catalogue would count for in a registry: reckoned, never promised.

A course is read as the facts that its completion would have; what the catalogue does not say is
absent. The signature, the status and the holder of the record are taken to be good, since there is
no record yet, and everything that shows a result says so. Deciding is the registry's, once there
is a record.
"""
