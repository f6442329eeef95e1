"""Access: the functions may do what their roles allow; whoever else reaches this machine's loopback owns the account.

Stock ministack, once it enforces roles, takes nobody else's key but `test`, and any tool may come with another one.
"""

from ministack.core import iam_evaluator
from ministack.services import sts


def install() -> None:
    iam_evaluator.is_root_access_key = is_root_access_key


def is_root_access_key(key: str) -> bool:
    """Every key that was not given to a function when it started."""
    return key not in sts._sessions
