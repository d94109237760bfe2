"""The linkage model in use: the one adopted last, and before any was adopted the one that Engage ships."""

from __future__ import annotations

from functools import cache, lru_cache

from django.db.models import QuerySet

from engage.methods.linkage.model import Model, ModelNotUsable, load_model, read_model
from engage.practice.access.gate import NotNow
from engage.practice.access.written_once import OfNobody

from .models import AdoptedModel

shipped_model = cache(load_model)


class AdoptedModelNotUsable(ModelNotUsable, NotNow):
    """Pages that weigh say so, with how to mend it; all others work."""


def linkage_model() -> Model:
    """Asked anew by each search and each linking, which then keeps to what it got: every process weighs by a new model
    from its next search on. One look-up of a hash; the file is read once."""
    last = _adopted_last()
    return _read(*last[0]) if last else shipped_model()


@OfNobody
def _adopted_last() -> QuerySet:
    return AdoptedModel.objects.order_by("-adopted_no").values_list("adopted_no", "hash")[:1]


def model_called(name: str) -> Model | None:
    """A model that is stored or shipped, by its version or the beginning of its hash."""
    if name in (shipped_model().version, shipped_model().hash[:12]):
        return shipped_model()
    found = AdoptedModel.objects.filter(version=name) or AdoptedModel.objects.filter(hash__startswith=name)
    first = found.values_list("adopted_no", "hash").first() if len(name) >= 4 else None
    return None if first is None else _read(*first)


@lru_cache(maxsize=4)
def _read(adopted_no: int, hash: str) -> Model:
    """Raises AdoptedModelNotUsable: nobody is linked by another model in place of one that cannot be read."""
    stored = AdoptedModel.objects.get(adopted_no=adopted_no)
    try:
        model = read_model(stored.text, f"The adopted linkage model “{stored.version}”")
        if model.hash != hash:
            raise ModelNotUsable(f"The adopted linkage model “{stored.version}” is not the one adopted")
    except ModelNotUsable as problem:
        raise AdoptedModelNotUsable(
            f"{problem}. Nothing is linked until it is mended, or another adopted: ./run engage linkage adopt"
        ) from problem
    return model
