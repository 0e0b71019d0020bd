"""Pages about feeds: a look at one before it is a source, and the sources of a society."""
