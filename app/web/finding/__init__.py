"""What the search page is made of, beside its route: addresses, filters to choose, chips."""
