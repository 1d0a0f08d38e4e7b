"""The state database of each kind, for the tests of this folder."""

from state_databases import empty_url, postgres, state  # noqa: F401
