"""Files that people send: announced, posted into quarantine, checked, and then ready to be attached."""
