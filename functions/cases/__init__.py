"""The case: what it is, what may be done with it, its stages and tasks, and the services it can be about."""
