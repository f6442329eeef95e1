"""The AWS emulator ministack, with what Portico needs of AWS and ministack lacks.

Every module here replaces functions inside ministack, so it must be the very version they were written for.
`python -m infra.local.emulator` runs it; the environment says where (infra/local/cloud.py makes that environment).
"""
