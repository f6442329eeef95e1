"""The front door: one-time PINs, sessions, and the budgets that keep guessing and flooding out."""
