"""What courses count for, and a registry's rules, in words for people."""
