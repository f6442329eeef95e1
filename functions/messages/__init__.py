"""The conversation of a case: messages, what each reader has read, and the timeline."""
