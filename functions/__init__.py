"""A folder is a feature; a file is what all features share.

Imports go down only:
sync, admin > mail > messages > cases > otp > people > openapi > http, records > obeyed > table > keys, ids
> aws, clock, events, text > log, moment > errors, settings
"""
