"""Whether a request costs the same in both tables."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Self

from tests.bench.scale.metering import Cost

EDGE = 1
"""A unit holds 1 or 4 KB, and large numbers are longer than small ones: a page at a unit's edge may take one more."""


@dataclass(frozen=True)
class Row:
    request: str
    small: Cost
    large: Cost

    @classmethod
    def of(cls, request: str, small: Sequence[Cost], large: Sequence[Cost]) -> Self:
        return cls(request, _typical(small), _typical(large))

    @property
    def is_same(self) -> bool:
        """No further call and no more capacity; time is told and not judged, since it is the machine's too."""
        small, large = self.small, self.large
        return (
            large.calls <= small.calls
            and large.read_units <= small.read_units + EDGE
            and large.write_units <= small.write_units + EDGE
        )

    def __str__(self) -> str:
        pairs = [
            f"{small:>6g}{large:>7g}"
            for small, large in (
                (self.small.calls, self.large.calls),
                (self.small.read_units, self.large.read_units),
                (self.small.write_units, self.large.write_units),
            )
        ]
        times = f"{self.small.milliseconds:>8.1f}{self.large.milliseconds:>8.1f}"
        return f"{self.request:42}{'  '.join(pairs)}{times}   {'yes' if self.is_same else 'NO'}"


HEAD = f"""{"":42}   calls         read units     write units    milliseconds
{"one request":42} small  large   small  large   small  large   small   large   same?"""


def _typical(costs: Sequence[Cost]) -> Cost:
    """Of the costs of the same request, the median of each kind: one create in ten also leases numbers."""
    return Cost(
        median(cost.calls for cost in costs),
        median(cost.read_units for cost in costs),
        median(cost.write_units for cost in costs),
        median(cost.milliseconds for cost in costs),
    )
