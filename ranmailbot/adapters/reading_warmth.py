"""Imported once by the server that the reading room's children are forked from: it warms itself up, they share it."""

from ranmailbot.adapters import reading_room  # noqa: F401 - what the children need, and pebble
from ranmailbot.adapters.reading_child import warm_up

warm_up()
