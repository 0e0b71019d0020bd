"""Which society a provider's name, domain or ROR identifier stands for, in any script.

Feeds of aggregators name the provider of a course in words. Where those are a society's of this
node, the course is compared with that society's courses (``catalogue.matching``).
"""
