"""What does a scrape say? The text that Prometheus reads, parsed by its own parser."""

from collections.abc import Mapping

from prometheus_client.parser import text_string_to_metric_families

Labels = frozenset[tuple[str, str]]


class Scrape:
    """Samples by name and labels: `scrape.value("staging_desk_jobs", state="pending")`."""

    def __init__(self, text: str) -> None:
        self.families = {family.name: family for family in text_string_to_metric_families(text)}
        self._samples: dict[tuple[str, Labels], float] = {}
        for family in self.families.values():
            for sample in family.samples:
                key = (sample.name, frozenset(sample.labels.items()))
                assert key not in self._samples, f"{key} is there twice"
                self._samples[key] = sample.value

    def value(self, name: str, **labels: str) -> float:
        """One sample's value."""
        return self._samples[name, frozenset(labels.items())]

    def by(self, label: str, name: str) -> Mapping[str, float]:
        """The values of a metric with one label, by that label; what is 0 is left out."""
        found = {dict(labels)[label]: value for (one, labels), value in self._samples.items() if one == name}
        return {key: value for key, value in found.items() if value}

    def labels(self, name: str) -> set[str]:
        """Every value that a label of a metric, or of a part of it such as its buckets, has."""
        return {
            value
            for (one, labels), _ in self._samples.items()
            if one.startswith(name)
            for key, value in labels
            if key != "le"
        }

    def has(self, name: str) -> bool:
        """Whether there is any sample of that name."""
        return any(one == name for one, _ in self._samples)
