"""Problem leads: the ledger and its review trail; scenarios find them, this package keeps them."""

from gzeco_lib.leads.lead import Evidence, Lead, LegalBasis

__all__ = ["Evidence", "Lead", "LegalBasis"]
