"""A folder is a feature; a file is what all features share.

Imports go down only:
sync > mail > messages > cases > otp > people > openapi > http > obeyed > table > keys, ids
> aws, clock, events, text > log, moment > errors, settings
"""
