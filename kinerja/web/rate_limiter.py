"""Rate limit: one token bucket of cost points per principal and minute."""

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
    """Remaining points, and the time of their last update."""

    points: float
    updated_at: float


@dataclass(frozen=True, slots=True)
class RateDecision:
    """Outcome of a rate limit check: points remaining, or seconds to wait for enough."""

    remaining: int
    wait_seconds: int


class RateLimiter:
    """Token buckets with a capacity of one minute's points, refilled evenly.

    The number of buckets is bounded, with eviction of the least recently used one. A recreated bucket is full, just
    as an untouched one would be after a minute.

    Args:
        per_minute: points per minute; 0 disables the limit.
        clock: monotonic seconds.
    """

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.per_minute = per_minute
        self._clock = clock
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def take_points(self, principal: str, points: int) -> RateDecision:
        """Take points from a bucket, or none from a bucket holding too few.

        A request costing more than a bucket's capacity passes with a full bucket.
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
    """Name the principal of an anonymous client by its address.

    For IPv6 the /64 network stands for the address: one household gets a whole network.
    """
    if address is None or ":" not in address:
        return f"peer {address}"
    try:
        network = ipaddress.IPv6Network((address.partition("%")[0], 64), strict=False)
    except ValueError:
        return f"peer {address}"
    return f"peer {network.network_address}"
