"""Pages where people decide which courses are one, and write over what their sources say.

The same pages twice: for who runs the node, of all courses; and for the editors of a society, of
what is wholly its own.
"""
