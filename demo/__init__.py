"""Portico shown at work: an organisation, its internal system, and one story told from end to end."""
