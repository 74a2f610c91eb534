"""May another create come through now? A token bucket, as the provider's own limit behaves."""

import math
import time
from collections.abc import Callable


class TokenBucket:
    """Lets `burst` calls through at once and `per_minute` a minute after that; unlimited at 0 a minute."""

    def __init__(self, *, per_minute: int, burst: int, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._rate_per_second = per_minute / 60
        self._burst = burst
        self._monotonic = monotonic
        self._tokens = float(burst)
        self._filled_at = monotonic()

    @property
    def is_limited(self) -> bool:
        """Whether there is a limit at all."""
        return self._rate_per_second > 0

    def take(self) -> float:
        """Take a token: 0.0 when there was one, else the seconds until the next."""
        if not self.is_limited:
            return 0.0
        self._refill()
        if self._tokens >= 1:
            self._tokens -= 1
            return 0.0
        return (1 - self._tokens) / self._rate_per_second

    def headers(self) -> dict[str, str]:
        """The rate-limit headers: calls left at once, and whole seconds until all of the burst is back."""
        if not self.is_limited:
            return {}
        self._refill()
        reset_seconds = math.ceil((self._burst - self._tokens) / self._rate_per_second)
        return {"ratelimit-remaining": str(int(self._tokens)), "ratelimit-reset": str(reset_seconds)}

    def _refill(self) -> None:
        now = self._monotonic()
        self._tokens = min(self._burst, self._tokens + (now - self._filled_at) * self._rate_per_second)
        self._filled_at = now
