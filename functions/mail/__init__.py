"""Mails: one folder per template, rendered and sent from the mail queue."""
