"""Complaints read: share of topics right, share of smell reports known as such, texts a CPU second.

    python benchmarks/text.py [--data FOLDER]

Uses whatever reports the folder smell_pittsburgh holds, and the labelled sentences of the tests.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from gzeco_lib.experiments.folder import folder
from gzeco_lib.ingest.personal import mask
from gzeco_lib.methods.text import classify, said_time
from gzeco_lib.methods.text.model import learn

SENTENCES = Path(__file__).parents[1] / "tests" / "methods" / "complaint_sentences.yaml"
MOST = 2000  # rows of each kind that the model learns from
SMELT = ("odour", "smoke_dust", "vehicle", "water", "waste", "catering_fume")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=None, help="folder of the public data sets")
    root = parser.parse_args().data
    labelled = yaml.safe_load(SENTENCES.read_text(encoding="utf-8"))
    texts = [(text, topic) for topic, rows in labelled.items() for text in rows]
    found = classify([text for text, _ in texts])["topic"]
    print(f"zh sentences: {np.mean(found == np.array([t for _, t in texts])):.3f} of {len(texts)} right")
    files = sorted(folder("smell_pittsburgh", root).glob("smell_reports*.csv"))
    reports = pd.concat([pd.read_csv(path) for path in files])
    told, felt = reports["smell_description"].dropna(), reports["feelings_symptoms"].dropna()
    started = time.process_time()
    topic = classify(told)["topic"]
    seconds = time.process_time() - started
    print(f"smell_description: {len(told)} texts, {len(told) / seconds:.0f} a CPU second")
    print(
        f"  known as something smelt: {topic.isin(SMELT).mean():.3f}, odour {np.mean(topic == 'odour'):.3f}"
    )
    print(
        f"feelings_symptoms: {len(felt)} texts, health {np.mean(classify(felt)['topic'] == 'health_complaint'):.3f}"
    )
    n = min(MOST, len(told), len(felt))
    both = pd.concat([told.sample(n, random_state=0), felt.sample(n, random_state=0)])
    model = learn(list(both), ["odour"] * n + ["health_complaint"] * n)
    figures = "it does not beat the rules"
    if model is not None:
        figures = f"{model.accuracy:.3f} against {model.rules_accuracy:.3f} of the rules"
    print(f"model, smelt or felt, on held-out rows: {figures}")
    now, started = pd.Timestamp("2026-11-24T02:00Z"), time.process_time()
    timed = sum(said_time(text, now) is not None for text in told)
    print(
        f"said_time: {len(told) / (time.process_time() - started):.0f} texts a CPU second, {timed} name one"
    )
    started = time.process_time()
    changed = sum(mask(text) != text for text in told)
    print(f"mask: {len(told) / (time.process_time() - started):.0f} texts a CPU second, {changed} changed")


if __name__ == "__main__":
    main()
