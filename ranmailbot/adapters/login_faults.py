"""THE TABLE of known failures on the way into a mailbox: a provider's sign, what it means, what to do about it.

docs/providers.md shows the same table (`reference`). Fear: the provider's own words. They may hold addresses, or what
we sent, so they are only looked at: what is told are words of this table, and codes. Sources: Microsoft's lists of
AADSTS codes and of SMTP AUTH errors, Google's OAuth 2.0 errors, RFC 5530 (IMAP), RFC 4954 (SMTP).
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from ranmailbot.grants import AccessToken
from ranmailbot.ports import Account, Unavailable

Step = Literal["token", "IMAP", "SMTP"]
MailStep = Literal["IMAP", "SMTP"]
ANY = ""
NO_BEARER = "neither XOAUTH2 nor OAUTHBEARER is offered"
"""What the hands themselves say when a server offers no way to log in with a token."""


@dataclass(frozen=True, slots=True)
class Known:
    """One known failure. `sign` is looked for in the provider's answer, whatever its case."""

    step: Step
    provider: str
    """"microsoft365", "google", "password", or any."""
    sign: str
    what: str
    remedy: str


_SECRETS_PAGE = "Entra admin center, App registrations, the app, Certificates & secrets"
_PERMISSIONS_PAGE = "Entra admin center, App registrations, the app, API permissions"
_DELEGATION_PAGE = "Google Admin console, Security, Access and data control, API controls, Domain-wide delegation"
_KEYS_PAGE = "Google Cloud console, IAM & Admin, Service Accounts, the account, Keys"
_MAILBOX_GIVEN = (
    "in Exchange Online PowerShell: New-ServicePrincipal with the app's Object ID from Enterprise applications (not "
    "from App registrations), then Add-MailboxPermission -Identity MAILBOX -User SERVICE-PRINCIPAL -AccessRights "
    "FullAccess; wait half an hour"
)
_CLOCK = "set the clock of this machine right (NTP): a token is asked for with the time"

KNOWN: tuple[Known, ...] = (
    Known("token", "microsoft365", "AADSTS90002", "there is no such tenant",
          "correct tenant: Entra admin center, Overview, Tenant ID"),
    Known("token", "microsoft365", "AADSTS900023", "tenant is neither an ID nor a domain",
          "correct tenant: Entra admin center, Overview, Tenant ID"),
    Known("token", "microsoft365", "AADSTS700016", "the app is unknown in this tenant: another client_id or tenant, or "
          "no administrator has consented to it here",
          "compare client_id and tenant with App registrations, the app, Overview; then "
          f"{_PERMISSIONS_PAGE}, Grant admin consent"),
    Known("token", "microsoft365", "AADSTS7000222", "the client secret has expired",
          f"{_SECRETS_PAGE}: New client secret; put its Value where the old one was, and restart"),
    Known("token", "microsoft365", "AADSTS7000215", "the client secret is wrong",
          f"{_SECRETS_PAGE}: the Value of a secret is wanted, not its Secret ID; make a new one if it is lost"),
    Known("token", "microsoft365", "AADSTS700027", "the certificate is not one that was uploaded for the app, or it "
          "has expired", f"{_SECRETS_PAGE}, Certificates: upload certificate_file; key_file must belong to it"),
    Known("token", "microsoft365", "AADSTS50012", "the certificate was not accepted",
          f"{_SECRETS_PAGE}, Certificates: upload certificate_file; key_file must belong to it"),
    Known("token", "microsoft365", "AADSTS700024", "the clock of this machine is wrong", _CLOCK),
    Known("token", "microsoft365", "AADSTS65001", "no administrator has consented to the app",
          f"{_PERMISSIONS_PAGE}: Grant admin consent"),
    Known("token", "microsoft365", "AADSTS7000112", "the app is switched off",
          "Entra admin center, Enterprise applications, the app, Properties: Enabled for users to sign-in, Yes"),
    Known("token", "microsoft365", "AADSTS50105", "the app may not be used: it requires an assignment",
          "Entra admin center, Enterprise applications, the app, Properties: Assignment required, No"),
    Known("token", "microsoft365", "AADSTS53003", "a Conditional Access policy blocks the app",
          "Entra admin center, Protection, Conditional Access: let this app through"),
    Known("token", "microsoft365", "AADSTS500011", "Exchange Online is unknown in this tenant",
          "correct scope; the tenant needs a licence with Exchange Online"),
    Known("token", "microsoft365", "AADSTS1002012", "the scope is wrong",
          "take scope out, or end it in /.default"),
    Known("token", "microsoft365", "AADSTS70011", "the scope is wrong", "take scope out, or end it in /.default"),
    Known("token", "google", "unauthorized_client", "the service account may not act for this mailbox with this scope",
          f"{_DELEGATION_PAGE}: Add new, with the Client ID (the number) of the service account and the scope "
          "https://mail.google.com/; it may take a day to work"),
    Known("token", "google", "invalid_scope", "the scope is wrong",
          f"{_DELEGATION_PAGE}: write exactly https://mail.google.com/ with its last slash"),
    Known("token", "google", "invalid jwt signature", "the key is unknown to Google: deleted, switched off, or of "
          "another account", f"{_KEYS_PAGE}: Add key, JSON; put the new file where the old one was, and restart"),
    Known("token", "google", "short-lived token", "the clock of this machine is wrong", _CLOCK),
    Known("token", "google", "invalid email or user", "there is no such mailbox in the Workspace",
          "user must be the mailbox's own address (no alias, no group, no gmail.com)"),
    Known("token", "google", "account not found", "the service account is gone",
          f"{_KEYS_PAGE}: make an account and a key, and give it the domain-wide delegation"),
    Known("token", "google", "disabled", "the service account or its key is switched off",
          "Google Cloud console, IAM & Admin, Service Accounts: Enable"),
    Known("token", "google", "access_denied", "the Workspace does not allow it",
          "Google Admin console, Security, API controls: trust this app"),
    Known("IMAP", ANY, "not connected", "the login is good, but there is no way into the mailbox", _MAILBOX_GIVEN),
    Known("IMAP", "google", "imap access is disabled", "IMAP is switched off in the Workspace",
          "Google Admin console, Apps, Google Workspace, Gmail, End User Access: turn on POP and IMAP access for all "
          "users"),
    Known("IMAP", ANY, "not enabled for imap", "IMAP is switched off for this mailbox",
          "switch it on: Gmail, Settings, Forwarding and POP/IMAP; or in the Admin console, Gmail, End User Access"),
    Known("IMAP", "password", "application-specific password", "Google takes no ordinary password from programs",
          "use [mailbox.oauth2] with provider google, or an app password"),
    Known("IMAP", "password", "logindisabled", "it takes no password: it wants another way to log in",
          "use [mailbox.oauth2]; with Microsoft 365 there is no other way"),
    Known("IMAP", ANY, "[UNAVAILABLE]", "it cannot check the login just now",
          "it passes, probably; else ask the provider"),
    Known("IMAP", ANY, "[EXPIRED]", "the password or the account has expired", "set a new password at the provider"),
    Known("IMAP", ANY, "[PRIVACYREQUIRED]", "it wants a secured connection", 'set security = "tls"'),
    Known("IMAP", ANY, "[CONTACTADMIN]", "the provider has closed this account", "ask the provider"),
    Known("SMTP", ANY, "SmtpClientAuthentication is disabled", "SMTP AUTH is switched off for the mailbox or the "
          "tenant (5.7.139)",
          "Microsoft 365 admin center, Users, Active users, the mailbox, Mail, Manage email apps: Authenticated SMTP; "
          "or Set-CASMailbox -Identity MAILBOX -SmtpClientAuthenticationDisabled $false"),
    Known("SMTP", ANY, "basic authentication is disabled", "it takes no password any more (5.7.139)",
          "use [mailbox.oauth2] with provider microsoft365"),
    Known("SMTP", ANY, "security defaults policy", "the tenant's security defaults forbid it (5.7.139)",
          "Entra admin center, Overview, Properties, Manage security defaults"),
    Known("SMTP", "password", "5.7.9", "Google takes no ordinary password from programs (5.7.9)",
          "use [mailbox.oauth2] with provider google, or an app password"),
    Known("SMTP", "password", "application-specific password", "Google takes no ordinary password from programs",
          "use [mailbox.oauth2] with provider google, or an app password"),
    Known("SMTP", ANY, "454 4.7.0", "it cannot check the login just now (4.7.0)",
          "it passes, probably; else ask the provider"),
    Known("IMAP", ANY, NO_BEARER, "it takes no access tokens", "use a password, or ask the provider for XOAUTH2"),
    Known("SMTP", ANY, NO_BEARER, "it takes no access tokens", "use a password, or ask the provider for XOAUTH2"),
)  # fmt: skip
NO_TOKEN = {
    "microsoft365": f"compare tenant, client_id and secret with {_SECRETS_PAGE}",
    "google": f"look at {_KEYS_PAGE} and {_DELEGATION_PAGE}",
}
ROLES = {"IMAP": "IMAP.AccessAsApp", "SMTP": "SMTP.SendAsApp"}
REFUSED = {
    "microsoft365": f"Exchange probably does not know the app for this mailbox: {_MAILBOX_GIVEN}",
    "google": "user must be the address that the token is for; is IMAP on in the Workspace and in the mailbox?",
    "command": "does the command print an access token for this mailbox, with the provider's scope for mail?",
}


def token_refused(provider: str, words: str) -> Unavailable:
    """Why a token endpoint gives no token; `words` is its answer."""
    found = _known("token", provider, words)
    what = found.what if found else "it gives us no token"
    code = found.sign if found and found.sign.startswith("AADSTS") else _code(words)
    remedy = found.remedy if found else NO_TOKEN.get(provider, "look at the provider's log")
    return Unavailable(f"no token from {provider}: {what}{f' ({code})' if code else ''}", remedy)


def login_refused(
    step: Literal["IMAP", "SMTP"], account: Account, token: AccessToken | None, words: str
) -> Unavailable:
    """Why a mail server lets us not in; `words` is its answer, with its codes. `token` is what we logged in with."""
    provider = token.provider if token else "password"
    place = f"{'mailbox' if step == 'IMAP' else 'submission server'} {account.host}:{account.port}"
    found = _known(step, provider, words)
    if found:
        return Unavailable(f"{place}: login refused for {account.user}: {found.what}", found.remedy)
    if token is None:
        return Unavailable(
            f"{place}: login refused for {account.user}",
            f"is the password right, and is {step} allowed for this account?",
        )
    role = ROLES[step]
    if provider == "microsoft365" and role not in granted(token.text, role):
        return Unavailable(
            f"{place}: login refused for {account.user}: the app was not granted {role}",
            f"{_PERMISSIONS_PAGE}: Add a permission, APIs my organization uses, Office 365 Exchange Online, "
            f"Application permissions, {role}; then Grant admin consent",
        )
    return Unavailable(f"{place}: login refused for {account.user} with a token", REFUSED.get(provider, ""))


def after_login(account: Account, words: str) -> Unavailable | None:
    """What Exchange says only after the login, to the first command that needs the mailbox; None if it is not that."""
    found = _known("IMAP", ANY, words) if "not connected" in words.casefold() else None
    return Unavailable(f"mailbox {account.host}:{account.port}: {found.what}", found.remedy) if found else None


def what_and_remedy(fault: Unavailable) -> tuple[str, str]:
    """What failed, and what a person can do: for whoever tries a configuration out."""
    general = "compare host, port, security and user with what the provider says; can this machine reach it?"
    return fault.what, fault.remedy or general


def granted(token: str, unknown: str) -> tuple[str, ...]:
    """The roles in a token of Microsoft's (a JWT; only looked at, never trusted); (`unknown`,) if nobody can tell."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError, binascii.Error, RecursionError):
        return (unknown,)
    if not isinstance(claims, dict):
        return (unknown,)
    roles = claims.get("roles")
    return tuple(str(role) for role in roles) if isinstance(roles, list) else ()


def reference() -> str:
    """The table for people, in Markdown."""
    rows = ["| step | provider | sign | what it means | what to do |", "| --- | --- | --- | --- | --- |"]
    return "\n".join([*rows, *_rows()])


def _rows() -> Iterator[str]:
    for one in KNOWN:
        yield f"| {one.step} | {one.provider or 'any'} | `{one.sign}` | {one.what} | {one.remedy} |"


def _known(step: Step, provider: str, words: str) -> Known | None:
    fitting = (one for one in KNOWN if one.step == step and one.provider in (ANY, provider))
    return next((one for one in fitting if re.search(re.escape(one.sign) + r"(?!\d)", words, re.IGNORECASE)), None)


def _code(words: str) -> str:
    """The error code of an answer (RFC 6749 5.2), if it is a plain word."""
    try:
        facts = json.loads(words)
    except (ValueError, RecursionError):
        return ""
    code = facts.get("error") if isinstance(facts, dict) else None
    plain = isinstance(code, str) and code.isascii() and code.replace("_", "").isalnum() and len(code) <= 60  # noqa: PLR2004 - longer than any registered code
    return str(code) if plain else ""
