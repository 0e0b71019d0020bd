"""In which languages pages speak: which there are, who chooses, and their messages."""
