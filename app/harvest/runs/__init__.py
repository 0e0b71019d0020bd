"""Runs: asked for, waiting, claimed, read to their end. Others use ``harvest.service``."""
