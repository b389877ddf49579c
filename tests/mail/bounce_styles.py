"""Bounces in the styles of many mail systems, written for this project under reserved domains.

Each has `{id}`, the Message-ID of the mail that came back, and `{to}`, whom it went to.
"""

from __future__ import annotations

_HEAD = "Return-Path: <>\nTo: prisons-call@ran.example\nDate: Wed, 2 Mar 2022 09:00:00 +0000\nMIME-Version: 1.0\n"
_COPY = "From: prisons-call@ran.example\nTo: {to}\nSubject: RAN PRISONS online meeting\nMessage-ID: {id}\n"


def _dsn(head: str, text: str, status: str, returned: str = "message/rfc822") -> str:
    return (
        f'{_HEAD}{head}Content-Type: multipart/report; report-type=delivery-status; boundary="b=_1"\n\n'
        f"--b=_1\nContent-Type: text/plain; charset=us-ascii\n\n{text}\n\n--b=_1\n"
        f"Content-Type: message/delivery-status\n\n{status}\n\n--b=_1\nContent-Type: {returned}\n\n{_COPY}\n1. Question?\n"
        "--b=_1--\n"
    )


def _text(head: str, text: str) -> str:
    return f"{_HEAD}{head}Content-Type: text/plain; charset=us-ascii\n\n{text}\n"


FAILED = {
    "postfix": _dsn(
        "From: MAILER-DAEMON@mx.prison.example (Mail Delivery System)\nSubject: Undelivered Mail Returned to Sender\n"
        "Auto-Submitted: auto-replied\n",
        "This is the mail system at host mx.prison.example.\n\n<{to}>: host mx.prison.example[192.0.2.5] said:\n"
        "    550 5.1.1 <{to}>: Recipient address rejected: User unknown",
        "Reporting-MTA: dns; mx.prison.example\nX-Postfix-Queue-ID: 4K0\n\nFinal-Recipient: rfc822; {to}\n"
        "Original-Recipient: rfc822;{to}\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 User unknown",
    ),
    "postfix after five days": _dsn(
        "From: MAILER-DAEMON@mx.ran.example (Mail Delivery System)\nSubject: Undelivered Mail Returned to Sender\n",
        "<{to}>: connect to mx.prison.example[192.0.2.5]:25: Connection timed out",
        "Reporting-MTA: dns; mx.ran.example\n\nFinal-Recipient: rfc822; {to}\nAction: failed\nStatus: 4.4.1",
        "text/rfc822-headers",
    ),
    "exchange": _dsn(
        "From: postmaster@prison.example\nSubject: Undeliverable: RAN PRISONS online meeting\nAuto-Submitted: auto-replied\n"
        "X-MS-Exchange-Message-Is-Ndr:\n",
        "Delivery has failed to these recipients or groups:\n\n{to}<mailto:{to}>\n"
        "The email address you entered couldn't be found.",
        "Reporting-MTA: dns;AM0PR05MB0002.eurprd05.prod.outlook.com\nReceived-From-MTA: dns;mx.ran.example\n\n"
        "Final-Recipient: rfc822;{to}\nAction: failed\nStatus: 5.1.10\nDiagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR",
    ),
    "gmail": _dsn(
        "From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>\nSubject: Delivery Status Notification (Failure)\n"
        "Auto-Submitted: auto-replied\nX-Failed-Recipients: {to}\n",
        "** Address not found **\n\nYour message wasn't delivered to {to} because the address couldn't be found.",
        "Reporting-MTA: dns; googlemail.com\nArrival-Date: Wed, 02 Mar 2022 00:59:00 -0800 (PST)\n\n"
        "Final-Recipient: rfc822; {to}\nAction: failed\nStatus: 5.1.1",
    ),
    "sendmail": _dsn(
        "From: Mail Delivery Subsystem <MAILER-DAEMON@mail.prison.example>\nSubject: Returned mail: see transcript for details\n"
        "Auto-Submitted: auto-generated (failure)\n",
        "   ----- The following addresses had permanent fatal errors -----\n<{to}>\n    (reason: 550 5.1.1 User unknown)",
        "Reporting-MTA: dns; mail.prison.example\n\nFinal-Recipient: RFC822; {to}\nAction: failed\nStatus: 5.1.1",
        "text/rfc822-headers",
    ),
    "domino": _dsn(
        "From: Postmaster@notes.prison.example\nSubject: DELIVERY FAILURE: User anna not listed in public Name & Address Book\n",
        "Your message\n\n  Subject: RAN PRISONS online meeting\n\nwas not delivered to:\n\n  {to}\n\nbecause:\n\n"
        "  User anna not listed in public Name & Address Book",
        "Reporting-MTA: dns;notes.prison.example\n\nFinal-Recipient: rfc822;{to}\nAction: failed\nStatus: 5.1.1",
    ),
    "qmail": _text(
        "From: MAILER-DAEMON@mail.prison.example\nSubject: failure notice\n",
        "Hi. This is the qmail-send program at mail.prison.example.\n"
        "I'm afraid I wasn't able to deliver your message to the following addresses.\n"
        "This is a permanent error; I've given up. Sorry it didn't work out.\n\n<{to}>:\n"
        "Sorry, no mailbox here by that name. (#5.1.1)\n\n--- Below this line is a copy of the message.\n\n"
        "Return-Path: <prisons-call@ran.example>\n" + _COPY + "\n1. Question?",
    ),
    "exim": _text(
        "From: Mail Delivery System <Mailer-Daemon@mail.prison.example>\nX-Failed-Recipients: {to}\n"
        "Auto-Submitted: auto-replied\nSubject: Mail delivery failed: returning message to sender\n",
        "This message was created automatically by mail delivery software.\n\n"
        "A message that you sent could not be delivered to one or more of its\nrecipients. This is a permanent error."
        " The following address(es) failed:\n\n  {to}\n    Unrouteable address\n\n"
        "------ This is a copy of the message, including all the headers. ------\n\n" + _COPY + "\n1. Question?",
    ),
    "yahoo": _text(
        "From: MAILER-DAEMON@yahoo.com\nSubject: Failure Notice\nX-Yahoo-Newman-Property: bmbounce\n",
        "Sorry, we were unable to deliver your message to the following address.\n\n<{to}>:\n"
        "554: delivery error: dd This user doesn't have an account - mta1.mail.example\n\n"
        "--- Below this line is a copy of the message.\n\n" + _COPY + "\n1. Question?",
    ),
}
DELAYED = {
    "postfix": _dsn(
        "From: MAILER-DAEMON@mx.ran.example (Mail Delivery System)\nSubject: Delayed Mail (still being retried)\n",
        "THIS IS A WARNING ONLY. YOU DO NOT NEED TO RESEND YOUR MESSAGE.",
        "Reporting-MTA: dns; mx.ran.example\n\nFinal-Recipient: rfc822; {to}\nAction: delayed\nStatus: 4.4.1\n"
        "Will-Retry-Until: Mon, 7 Mar 2022 09:00:00 +0000",
        "text/rfc822-headers",
    ),
    "exim": _text(
        "From: Mail Delivery System <Mailer-Daemon@mail.prison.example>\nSubject: Warning: message 1nP delayed 24 hours\n",
        "This message was created automatically by mail delivery software.\nA message that you sent has not yet been"
        " delivered to one or more of its\nrecipients after more than 24 hours on the queue on mail.prison.example.\n\n"
        "The address to which the message has not yet been delivered is:\n\n  {to}\n\nNo action is required on your part."
        " Delivery attempts will continue for\nsome time.\n\n" + _COPY,
    ),
}
UNCLEAR = {
    "a system that nobody knows": _text(
        "From: MAILER-DAEMON@mail.prison.example\nSubject: Problema con tu correo\n",
        "No se pudo entregar el mensaje.\n\n" + _COPY,
    ),
}
NO_BOUNCES = {
    "out of office without a return path": (
        "Return-Path: <>\nFrom: Anna <{to}>\nTo: prisons-call@ran.example\nSubject: Undeliverable until Monday\n"
        "Auto-Submitted: auto-replied\nIn-Reply-To: {id}\n\nI am out of the office. Your mail was not delivered to anybody"
        " else.\n"
    ),
    "a new address": (
        "From: Anna <{to}>\nTo: prisons-call@ran.example\nSubject: My address has changed\nAuto-Submitted: auto-replied\n"
        "In-Reply-To: {id}\n\nPlease write to another address from now on.\n"
    ),
    "a challenge": (
        "Return-Path: <>\nFrom: Anna <{to}>\nTo: prisons-call@ran.example\nSubject: Please confirm your message\n"
        "Precedence: bulk\nIn-Reply-To: {id}\n\nReply to this mail so that yours reaches me.\n"
    ),
    "a receipt for reading": (
        "From: Anna <{to}>\nTo: prisons-call@ran.example\nSubject: Read: RAN PRISONS\n"
        "Content-Type: multipart/report; report-type=disposition-notification; boundary=b\n\n--b\n\nread\n--b\n"
        "Content-Type: message/disposition-notification\n\nFinal-Recipient: rfc822;{to}\n"
        "Disposition: manual-action/MDN-sent-manually; displayed\n--b--\n"
    ),
    "a complaint about spam": (
        "From: feedback@provider.example\nTo: prisons-call@ran.example\nSubject: complaint\n"
        "Content-Type: multipart/report; report-type=feedback-report; boundary=b\n\n--b\n\nabuse\n--b\n"
        "Content-Type: message/feedback-report\n\nFeedback-Type: abuse\n--b--\n"
    ),
}


def filled(style: str, message_id: str, to: str) -> bytes:
    """The bounce of this mail, with the line ends of mail."""
    return style.replace("{id}", message_id).replace("{to}", to).replace("\n", "\r\n").encode()
