"""How much each may ask for in a minute: one bucket of cost points per principal."""

import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

_MAX_BUCKETS: Final = 20_000
_MINUTE: Final = 60.0


@dataclass(slots=True)
class _Bucket:
    """Points that are left, and when that was counted."""

    points: float
    updated_at: float


@dataclass(frozen=True, slots=True)
class RateDecision:
    """Whether points could be taken: how many are left, and else in how many seconds there will be enough."""

    remaining: int
    wait_seconds: int


class RateLimiter:
    """Buckets that fill up evenly and hold a minute's points.

    The number of buckets is bounded: the one that was used longest ago is dropped, and is full when it is made
    anew, as it would be after a minute.

    Args:
        per_minute: the points of a minute; 0 lets everybody through.
        clock: seconds that never go back.
    """

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.per_minute = per_minute
        self._clock = clock
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def take_points(self, principal: str, points: int) -> RateDecision:
        """Take points out of a bucket, or none if it does not hold them.

        What costs more than a bucket holds is let through by a full one.
        """
        if not self.per_minute:
            return RateDecision(0, 0)
        bucket = self._refill_bucket(principal)
        needed = min(points, self.per_minute)
        if bucket.points < needed:
            missing = (needed - bucket.points) * _MINUTE / self.per_minute
            return RateDecision(int(bucket.points), max(1, math.ceil(missing)))
        bucket.points -= needed
        return RateDecision(int(bucket.points), 0)

    def _refill_bucket(self, principal: str) -> _Bucket:
        now = self._clock()
        bucket = self._buckets.get(principal)
        if bucket is None:
            bucket = self._buckets[principal] = _Bucket(float(self.per_minute), now)
            if len(self._buckets) > _MAX_BUCKETS:
                self._buckets.popitem(last=False)
            return bucket
        self._buckets.move_to_end(principal)
        gained = (now - bucket.updated_at) * self.per_minute / _MINUTE
        bucket.points, bucket.updated_at = min(bucket.points + gained, float(self.per_minute)), now
        return bucket


def anonymous_principal(address: str | None) -> str:
    """The name of somebody who is not signed in: his address, of IPv6 the network that one household gets."""
    if address is None or ":" not in address:
        return f"peer {address}"
    try:
        network = ipaddress.IPv6Network((address.partition("%")[0], 64), strict=False)
    except ValueError:
        return f"peer {address}"
    return f"peer {network.network_address}"
