"""Who takes part: contacts who own cases, and staff members who work on them in teams."""
