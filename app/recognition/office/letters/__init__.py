"""Letters to holders: a decision, why it was made and what can be done, in two languages.

The words of a decision are those of ``deciding.words``; what is around them is in ``texts``. Both
have the same languages. A letter says nothing that the decision does not hold.
"""
