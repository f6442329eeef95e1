"""Case numbers: given out by template, unique, and found again (C3, C28)."""

from datetime import datetime

from functions.cases.item_keys import number_key
from functions.table import apply, read, update

NUMBERS_LEASED = 10
"""How many case numbers a function takes at once, so that no counter is written for every case."""


_leases: dict[str, list[int]] = {}


def numbered(numbers: list[str]) -> str | None:
    """The id of the case with the first of these numbers that there is."""
    keys = [number_key(number) for number in numbers]
    found = read(*keys)
    return next((found[key].get("case_id") for key in keys if key in found), None)


def next_number(template: str, moment: datetime) -> str:
    """The next of the numbers that this function has leased: unique, with gaps where a lease was not used up (C3)."""
    prefix, _, rest = template.replace("{yyyy}", f"{moment.year}").partition("{seq:")
    width, _, suffix = rest.partition("}")
    counter = f"{prefix}{suffix}"
    lease = _leases.setdefault(counter, [])
    if not lease:
        values = {"block": NUMBERS_LEASED}
        leased = apply(update((f"COUNTER#{counter}", "RECORD"), "ADD leased :block", values))["leased"]
        lease += range(leased, leased - NUMBERS_LEASED, -1)
    return f"{prefix}{lease.pop():0{int(width)}}{suffix}"
