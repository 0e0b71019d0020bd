"""Numbers of a registry's decisions that tell nothing of a single person."""
