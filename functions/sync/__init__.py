"""Internal systems and workflows: commands that come in, what follows from events, and the sweeper."""
