"""When the organisation works: calendars, kept by administrators, and the arithmetic of working time."""
