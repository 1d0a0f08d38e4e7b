"""What a complaint says: its topic, the time and the place it speaks of; personal data masked."""

from gzeco_lib.methods.text.places import Gazetteer, SaidPlace, said_place
from gzeco_lib.methods.text.times import SaidTime, said_time
from gzeco_lib.methods.text.topics import TOPICS, classify

__all__ = ["TOPICS", "Gazetteer", "SaidPlace", "SaidTime", "classify", "said_place", "said_time"]
