"""The description of the HTTP API: made here, committed, and served as committed."""
