"""S/MIME in one opaque piece (RFC 8551 3.4, 3.5.2): what is signed is taken out, what is encrypted is known.

Fear: hostile ASN.1; asn1crypto is at home here. Known limits: no signature is verified (whether the author is who they
say is judged by what our own server stamped); compressed messages are not opened.
"""

from __future__ import annotations

from dataclasses import dataclass

from ranmailbot.mail.unread import OutOfTime

ENCRYPTED = ("enveloped_data", "authenticated_enveloped_data", "encrypted_data")


@dataclass(frozen=True, slots=True)
class Opened:
    """What an opaque S/MIME part is. `content` is the MIME entity that was signed; None if there is none to see."""

    encrypted: bool
    content: bytes | None


def open_smime(data: bytes) -> Opened | None:
    """What these bytes are, or None if they are no S/MIME message. Never raises."""
    # Imported here: only the reading room should spend the time and the memory.
    from asn1crypto import cms  # noqa: PLC0415 - see above

    try:
        info = cms.ContentInfo.load(data)
        kind = info["content_type"].native
        if kind in ENCRYPTED:
            return Opened(encrypted=True, content=None)
        if kind != "signed_data":
            return None
        inner = info["content"]["encap_content_info"]["content"].native
    except (Exception, OutOfTime):  # noqa: BLE001 - asn1crypto raises what it likes; the part then stays an attachment
        return None
    return Opened(encrypted=False, content=inner if isinstance(inner, bytes) else None)
