"""What administrators keep: accounts and departments, contacts, configuration items, service agreements."""
