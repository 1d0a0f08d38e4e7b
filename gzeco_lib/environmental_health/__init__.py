"""environmental_health."""
