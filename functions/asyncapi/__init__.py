"""The description of what internal systems are told and may ask, made from the events and the commands."""
