"""Access tokens of Microsoft 365 (msal): client credentials of an app, with a secret or a certificate (RFC 6749 4.4).

Fear: an app whose secret ran out; what Entra answers becomes a sentence in login_faults.py. msal is wanted by this
provider alone (`pip install 'ranmailbot[microsoft365]'`), so it is imported when a token is asked for.
"""

from __future__ import annotations

from ranmailbot.adapters.login_faults import token_refused
from ranmailbot.adapters.token_endpoint import Endpoint
from ranmailbot.grants import Microsoft365
from ranmailbot.ports import Unavailable


def fetch(grant: Microsoft365, endpoint: Endpoint) -> tuple[str, float]:
    """A new token and how many seconds it is good for. Raises Unavailable."""
    try:
        import msal  # noqa: PLC0415 - an optional extra
    except ImportError:
        raise Unavailable(
            "tokens of Microsoft 365 need the library msal", "run: pip install 'ranmailbot[microsoft365]'"
        ) from None
    endpoint.last = None
    try:
        app = msal.ConfidentialClientApplication(
            grant.client_id,
            client_credential=_credential(grant),
            authority=f"{grant.authority}/{grant.tenant}",
            instance_discovery=False,  # it would ask another host whether this one is Microsoft's
            http_client=endpoint,
        )
        answer = app.acquire_token_for_client([grant.scope])
    except Unavailable:
        raise
    except Exception as fault:  # noqa: BLE001 - msal documents none; whatever it stumbles over may hold the key or a secret
        raise _stumbled(endpoint, fault) from None
    if not isinstance(answer, dict) or not isinstance(answer.get("access_token"), str):
        raise token_refused("microsoft365", endpoint.last.text if endpoint.last else "")
    return answer["access_token"], float(answer.get("expires_in") or 0)


def _credential(grant: Microsoft365) -> str | dict[str, str]:
    if grant.secret:
        return grant.secret
    return {"private_key": grant.private_key, "public_certificate": grant.certificate}


def _stumbled(endpoint: Endpoint, fault: Exception) -> Unavailable:
    """What Entra answered before, or that nothing was asked at all: then it is our own key."""
    if endpoint.last is not None and endpoint.last.status_code >= 400:  # noqa: PLR2004 - HTTP: a refusal
        return token_refused("microsoft365", endpoint.last.text)
    return Unavailable(
        f"no token from microsoft365: certificate or key cannot be used ({type(fault).__name__})",
        "certificate_file and key_file must be PEM, belong together, and the key must have no passphrase",
    )
