"""demo_city."""
