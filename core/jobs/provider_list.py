"""What does the provider's list say of these predictions? For when there are too many to ask about one by one."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from core.provider.contract import Prediction, Provider

# Up to here each prediction is asked for by itself; above, pages of the list are cheaper.
GET_LIMIT = 8
# The provider's clock may differ from ours by this much.
CLOCK_SKEW = timedelta(seconds=30)


def pages_about(provider: Provider, wanted: Mapping[str, datetime]) -> Iterator[dict[str, Prediction]]:
    """What each page of the list says of the wanted predictions (id: when it was created), until all were found.

    Raises:
        ProviderError: if a page can't be read; what came before stands.
    """
    left = set(wanted)
    for page in provider.list_pages(created_after=min(wanted.values()) - CLOCK_SKEW):
        found = {item.id: item for item in page if item.id in left}
        yield found
        left -= found.keys()
        if not left:
            return
