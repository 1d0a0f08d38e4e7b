"""What a complaint is about: odour, smoke and dust, noise, water, waste, vehicles, catering, sites, health, other.

Rules over a lexicon, so that every answer can be explained by the words it rests on. The topics are the kinds of
pollution by which complaints are filed (水、大气、噪声、固废 …), the air ones split as the bureau acts on them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gzeco_lib.methods.text.lexicon import Lexicon, lexicon, matched
from gzeco_lib.methods.text.plain import plain

if TYPE_CHECKING:
    from gzeco_lib.methods.text.model import TopicModel

TOPICS = (
    "odour", "smoke_dust", "noise", "water", "waste", "vehicle", "catering_fume", "construction", "health_complaint",
    "other",
)  # fmt: skip
ENOUGH = 2.0  # weight below which nothing was said: one hint is not a topic
WEAKER = 0.5  # an outranked topic counts this much
NEEDED = 3.0  # weight from which a topic outranks another


def classify(texts: Iterable[object], model: TopicModel | None = None) -> pd.DataFrame:
    """Topic, confidence (0..1) and matched words (joined by ",") of each text, by the rules.

    The confidence is the winner's share of all weight, less where little was said at all; it orders texts and is no
    frequency unless a ``model`` (see `model.TopicModel`), which was better on rows it had not seen, gives it.
    """
    words = lexicon()
    cleaned = [plain(text) for text in texts]
    rows = [_judged(text, words) for text in cleaned]
    table = pd.DataFrame(rows, columns=["topic", "confidence", "words"])
    if model is None or table.empty:
        return table
    topic, probability = model.predict(cleaned)
    told = np.array([bool(text) for text in cleaned])
    return table.assign(
        topic=np.where(told, topic, table["topic"]),
        confidence=np.where(told, probability, table["confidence"]),
    )


def scores(text: str, words: Lexicon | None = None) -> dict[str, float]:
    """Weight of each topic in a plain ``text``: the sum over its words, outranked topics halved."""
    book = words or lexicon()
    return _scored(matched(text, book), book)


def _scored(found: list[str], book: Lexicon) -> dict[str, float]:
    total: dict[str, float] = {}
    for word in found:
        for topic, weight in book.weights[word].items():
            total[topic] = total.get(topic, 0.0) + weight
    strong = [topic for topic, weight in total.items() if weight >= NEEDED]
    for topic in strong:
        for weaker in book.outranks.get(topic, ()):
            if weaker in total:
                total[weaker] *= WEAKER
    # What people suffer is filed under what they suffer from, where that is said.
    if "health_complaint" in total and any(topic != "health_complaint" for topic in strong):
        total["health_complaint"] *= WEAKER
    return total


def _judged(text: str, book: Lexicon) -> tuple[str, float, str]:
    """Topic, confidence and words of one plain text."""
    found = matched(text, book)
    total = _scored(found, book)
    best = max(total, key=lambda topic: (total[topic], -book.order.index(topic)), default="")
    if not best or total[best] < ENOUGH:
        said = total[best] if best else 0.0
        return "other", round(1 - said / (2 * ENOUGH), 3), ",".join(found)
    share = total[best] / sum(total.values())
    return best, round(share * (1 - float(np.exp(-total[best] / ENOUGH))), 3), ",".join(found)
