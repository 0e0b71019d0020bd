"""The pages of a society's feeds, for its editors."""
