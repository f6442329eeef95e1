"""A folder is a feature; a file is what all features share.

Imports go down only:
sync > mail > messages > cases > otp > people > table | http > keys > aws | events | text | clock > errors > settings
"""
