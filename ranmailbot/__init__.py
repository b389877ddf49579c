"""ranmailbot runs a call for participants by e-mail alone. The way in is `cli.py`; the plan is docs/architecture.md."""

__version__ = "0.1.0"
