"""How well clusters of records agree with a truth: pairwise, B-cubed, and inside households."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Measure:
    """Precision is None where nothing was joined, recall where there was nothing to join."""

    precision: float | None
    recall: float | None

    @property
    def f1(self) -> float | None:
        if self.precision is None or self.recall is None:
            return None
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def pairwise(clusters: Mapping[str, str], entities: Mapping[str, str]) -> Measure:
    both = pairs((clusters[record], entities[record]) for record in same_records(clusters, entities))
    joined, true = pairs(clusters.values()), pairs(entities.values())
    return Measure(both / joined if joined else None, both / true if true else None)


def b_cubed(clusters: Mapping[str, str], entities: Mapping[str, str]) -> Measure:
    """The mean over records of the share of its cluster that is its entity, and of its entity in its cluster."""
    records = same_records(clusters, entities)
    if not records:
        return Measure(None, None)
    both = Counter((clusters[record], entities[record]) for record in records)
    cluster_sizes, entity_sizes = Counter(clusters.values()), Counter(entities.values())
    precision = sum(count * count / cluster_sizes[cluster] for (cluster, _), count in both.items())
    recall = sum(count * count / entity_sizes[entity] for (_, entity), count in both.items())
    return Measure(precision / len(records), recall / len(records))


def false_pairs_inside_households(
    clusters: Mapping[str, str], entities: Mapping[str, str], households: Mapping[str, str]
) -> int:
    """Pairs joined wrongly whose two records live in one household. A record without a household is in none."""
    records = [record for record in same_records(clusters, entities) if households.get(record)]
    together = pairs((clusters[record], households[record]) for record in records)
    rightly = pairs((clusters[record], households[record], entities[record]) for record in records)
    return together - rightly


def largest_cluster(clusters: Mapping[str, str]) -> int:
    return max(Counter(clusters.values()).values(), default=0)


def pairs(keys: Iterable[object]) -> int:
    """How many pairs share a key: counted, because listing them does not fit in memory at a million records."""
    return sum(count * (count - 1) // 2 for count in Counter(keys).values())


def same_records(clusters: Mapping[str, str], entities: Mapping[str, str]) -> list[str]:
    """Raises ValueError if one side has a record that the other lacks: a share of unlike files means nothing."""
    if clusters.keys() != entities.keys():
        lacking = len(entities.keys() - clusters.keys())
        unknown = len(clusters.keys() - entities.keys())
        raise ValueError(f"{lacking} records of the truth are in no cluster; {unknown} are not in the truth.")
    return list(clusters)
