"""Erasure of a person: what is personal goes, what happened stays to be counted, and a receipt says so."""
