"""When the benchmark says that a request costs the same."""

import pytest

from tests.bench.scale.metering import Cost
from tests.bench.scale.verdict import Row

SMALL = Cost(calls=2, read_units=6, write_units=24, milliseconds=10)


@pytest.mark.parametrize(
    ("large", "same"),
    [
        (SMALL, True),
        (Cost(2, 6, 24, 500), True),
        (Cost(2, 7, 25, 10), True),
        (Cost(3, 6, 24, 10), False),
        (Cost(2, 7.5, 24, 10), False),
        (Cost(2, 6, 26, 10), False),
    ],
)
def test_calls_and_capacity_are_judged_and_time_is_told(large: Cost, same: bool) -> None:  # noqa: FBT001
    """No further call, and at most one unit more, for the longer numbers of a large table."""
    row = Row.of("my cases", [SMALL], [large])
    assert row.is_same is same
    assert str(row).endswith("yes" if same else "NO")


def test_what_happens_once_in_ten_times_is_no_growth() -> None:
    """A create that leases numbers asks once more, in either table."""
    leases = Cost(calls=3, read_units=6, write_units=25, milliseconds=10)
    assert Row.of("create a case", [SMALL] * 9, [SMALL] * 8 + [leases]).is_same
