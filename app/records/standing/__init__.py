"""What may be said of a record that is out: valid, suspended, revoked or superseded."""
