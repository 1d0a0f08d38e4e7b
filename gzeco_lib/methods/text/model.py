"""A topic model learnt from labelled complaints, used only where it beats the rules on rows that neither has seen.

Character n-grams weighted by TF-IDF and a logistic regression (scikit-learn), its probabilities calibrated by sigmoids
on folds (Platt 1999). Characters rather than words: Chinese needs no segmentation so, and slips of the pen cost little.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gzeco_lib.methods.text.plain import plain

ENOUGH = 60  # labelled rows below which nothing is learnt
EACH = 6  # rows a topic needs to be learnt at all
HELD_OUT = 0.3


@dataclass(frozen=True, eq=False)
class TopicModel:
    """A fitted classifier with the figures that let it stand.

    Attributes:
        accuracy, rules_accuracy: shares of held-out rows that the model and the rules got right.
        n: labelled rows.
    """

    classifier: Any
    accuracy: float
    rules_accuracy: float
    n: int

    def predict(self, texts: Sequence[object]) -> tuple[np.ndarray, np.ndarray]:
        """Topic and calibrated probability of each text."""
        probability = self.classifier.predict_proba([plain(text) for text in texts])
        best = probability.argmax(axis=1)
        return self.classifier.classes_[best], probability[np.arange(len(best)), best]


def learn(texts: Sequence[object], topics: Sequence[str], seed: int = 0) -> TopicModel | None:
    """A model of labelled rows, or None where there are too few, or it does not beat the rules on held-out rows.

    The rows are parted once (the same text never on both sides); what stands is fitted on all of them.
    """
    from sklearn.model_selection import GroupShuffleSplit

    from gzeco_lib.methods.text.topics import classify

    said = np.array([plain(text) for text in texts], dtype=object)
    label = np.array(topics, dtype=object)
    names, counts = np.unique(label.astype(str), return_counts=True)
    frequent = np.isin(label, names[counts >= EACH])
    said, label = said[frequent], label[frequent]
    if len(said) < ENOUGH or len(set(label)) < 2:
        return None
    split = GroupShuffleSplit(1, test_size=HELD_OUT, random_state=seed)
    train, test = next(split.split(said, groups=np.unique(said.astype(str), return_inverse=True)[1]))
    if len(set(label[train])) < 2:
        return None
    found = _fitted(said[train], label[train]).predict(list(said[test]))
    accuracy = float(np.mean(found == label[test]))
    rules = float(np.mean(classify(said[test])["topic"].to_numpy() == label[test]))
    return TopicModel(_fitted(said, label), accuracy, rules, len(said)) if accuracy > rules else None


def _fitted(texts: np.ndarray, labels: np.ndarray) -> Any:
    """The classifier on all of ``texts``."""
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    pipe = make_pipeline(
        TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4), sublinear_tf=True, min_df=2, lowercase=True),
        LogisticRegression(C=10.0, max_iter=1000),
    )
    fewest = int(np.unique(labels.astype(str), return_counts=True)[1].min())
    return CalibratedClassifierCV(pipe, method="sigmoid", cv=min(5, fewest)).fit(
        list(texts), labels.astype(str)
    )
