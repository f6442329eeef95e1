"""A folder is a feature; a file is what all features share.

Imports go down only:
sync, admin > mail > messages > cases > otp > people > openapi > http, records > obeyed > table > keys, ids
> aws, clock, events, text > log, moment > errors, settings
"""

import gc

gc.set_threshold(50_000)
"""Python would look for cyclic garbage every 700 objects: a sixth of a cold start, which makes hardly any."""
