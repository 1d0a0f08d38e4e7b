"""The environmental health research briefing: its declaration and the sections its notebook shows."""
