"""What the words of a course show that no field of its source states, with the evidence.

``standards`` finds technical standards, ``fields`` the field of ISCED-F 2013, ``competences`` the
IEA's EC1 to EC13, ``guessing`` the language of the texts. Nothing here overrides what a source
states, and what is found stays apart from it (``CourseData.recognised``): pages and searches show
it for what it is, and no record, policy or credit ever relies on it. A wrong hit costs more than a
missed one, so that what is doubtful is left.
"""
