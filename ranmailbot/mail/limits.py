"""How much of anything we take from a stranger, and how fast we answer. Defaults are those of docs/security.md."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on letters (bytes, counts), on automatic replies and on sending. All of them can be configured."""

    message_bytes: int = 25_000_000
    header_block_bytes: int = 128_000
    header_bytes: int = 8_000
    headers: int = 500
    parts: int = 1_000
    depth: int = 30
    text_bytes: int = 1_000_000
    answer_characters: int = 256_000
    html_bytes: int = 1_000_000
    html_depth: int = 500
    documents: int = 10
    document_bytes: int = 10_000_000
    pdf_pages: int = 50
    tnef_bytes: int = 5_000_000
    zip_members: int = 1_000
    zip_member_bytes: int = 20_000_000
    zip_ratio: int = 100
    child_memory_bytes: int = 512_000_000
    child_cpu_seconds: int = 10
    child_wall_seconds: int = 15
    attempts: int = 5
    """How often a letter that takes the bot down is tried before it is put into quarantine."""
    replies_per_sender_per_day: int = 3
    replies_per_domain_per_day: int = 50
    """To addresses of one domain that prove nothing: somebody may have borrowed them."""
    replies_per_hour: int = 500
    """To everybody together; more than that looks like an attack, and the brake is pulled."""
    messages_per_minute: int = 30
    send_attempts: int = 12
    settle_seconds: int = 60
    """How long the acknowledgement of an incomplete application waits for the next letter of the same person."""
