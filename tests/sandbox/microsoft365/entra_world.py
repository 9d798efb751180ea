"""A tenant whose Entra is asked in this process: an application, a browser that clicks, certificates."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import unescape
from re import findall
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import jwt
import requests
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from sync.sandbox.clock import SystemClock
from tests.sandbox.microsoft365.world import HOST, Json, World, shown

CALLBACK = "https://app.example.co.jp/api/oauth/callback"
SCOPE = "https://graph.microsoft.com/.default"
BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
EXCHANGE = "api://AzureADTokenExchange"
VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
PUBLIC = "https://login.microsoftonline.com"
KNOWN_BY_THUMBPRINT = "x5t#S256"


class Entra(World):
    """With `real_time` the tenant runs on the machine's clock, as MSAL and PyJWT do."""

    def __init__(self, real_time: bool = False, **flipped: Any) -> None:
        super().__init__(**flipped)
        if real_time:
            self.tenant.clock = SystemClock()
        self.application.redirect_uris = [CALLBACK]
        self.application.name = "予定同期"
        self.browser = requests.Session()
        self.browser.trust_env = False
        self.browser.mount(HOST, self.session.get_adapter(HOST))

    # The browser.

    def address(self, path: str = "oauth2/v2.0/authorize", /, **asked: str | None) -> str:
        """A sign-in's address; None leaves a parameter out, `tenant` is the name in the path."""
        tenant = asked.pop("tenant", None)
        question: dict[str, str | None] = {
            "client_id": self.application.client_id,
            "response_type": "code",
            "redirect_uri": CALLBACK,
            "scope": "openid profile email",
            "state": "s 1",
            "nonce": "n1",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            **asked,
        }
        known = {name: text for name, text in question.items() if text is not None}
        return f"{HOST}/{tenant or self.tenant.id}/{path}?{urlencode(known)}"

    def consent_address(self, path: str = "v2.0/adminconsent", /, **asked: str | None) -> str:
        asked = {
            "response_type": None,
            "nonce": None,
            "code_challenge": None,
            "code_challenge_method": None,
            "scope": SCOPE,
            **asked,
        }
        return self.address(path, **asked)

    def open(self, address: str) -> requests.Response:
        return self.browser.get(address, allow_redirects=False)

    def click(self, address: str, **form: str) -> requests.Response:
        return self.browser.post(address, data=form, allow_redirects=False)

    def sign_in_as(self, account: str = "taro@example.com", **asked: str | None) -> dict[str, str]:
        return sent_back(self.click(self.address(**asked), account=account))

    # The token endpoint.

    def ask(self, **form: str | None) -> requests.Response:
        sent = {
            "grant_type": "client_credentials",
            "client_id": self.application.client_id,
            "client_secret": self.application.secrets[0].value,
            "scope": SCOPE,
            **form,
        }
        return self.session.post(f"{HOST}/{self.tenant.id}/oauth2/v2.0/token", data=sent)

    def redeem(self, code: str, **form: str | None) -> requests.Response:
        exact: dict[str, str | None] = {"redirect_uri": CALLBACK, "code_verifier": VERIFIER, "scope": None}
        return self.ask(**{"grant_type": "authorization_code", "code": code, **exact, **form})

    def assert_by(self, assertion: str, **form: str | None) -> requests.Response:
        return self.ask(
            **{
                "client_secret": None,
                "client_assertion": assertion,
                "client_assertion_type": BEARER,
                **form,
            }
        )

    def roles(self) -> set[str]:
        """Of a new token."""
        claims = jwt.decode(shown(self.ask())["access_token"], options={"verify_signature": False})
        return set(claims["roles"])

    def read_id_token(self, token: str, keys: Json | None = None) -> Json:
        """As a relying party does: by the published key that the header names."""
        published = jwt.PyJWKSet.from_dict(keys or self.keys())
        key = published[jwt.get_unverified_header(token)["kid"]]
        claims: Json = jwt.decode(
            token,
            key.key,
            algorithms=["RS256"],
            audience=self.application.client_id,
            issuer=f"{PUBLIC}/{self.tenant.id}/v2.0",
            options={"verify_exp": False, "verify_nbf": False, "verify_iat": False},
        )
        return claims

    def keys(self) -> Json:
        return shown(self.session.get(f"{HOST}/{self.tenant.id}/discovery/v2.0/keys"))

    def identity_token(self, resource: str, header: str | None = None, **query: str) -> requests.Response:
        """`header` None sends the right one."""
        sent = {"X-IDENTITY-HEADER": self.tenant.login.identity_header if header is None else header}
        asked = {"api-version": "2019-08-01", "resource": resource, **query}
        return self.session.get(f"{HOST}/msi/token", params=asked, headers=sent)


def sent_back(answer: requests.Response, address: str = CALLBACK) -> dict[str, str]:
    """The parameters that came to the redirect URI."""
    assert answer.status_code == 302, answer.text
    location = urlsplit(answer.headers["Location"])
    assert location._replace(query="").geturl() == address
    pairs = parse_qsl(location.query, keep_blank_values=True)
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def posted_back(answer: requests.Response) -> tuple[str, dict[str, str]]:
    """Of a form_post page: where its form goes, and with what."""
    assert answer.status_code == 200
    (action,) = findall(r"<form method=post action='([^']*)'", answer.text)
    fields = findall(r"<input type=hidden name='([^']*)' value='([^']*)'", answer.text)
    return unescape(action), {unescape(name): unescape(value) for name, value in fields}


def number(answer: requests.Response) -> int:
    """The AADSTS number of a refusal by the token endpoint."""
    body = shown(answer)
    assert body["error_description"].startswith(f"AADSTS{body['error_codes'][0]}: ")
    return int(body["error_codes"][0])


def number_on_page(answer: requests.Response) -> int:
    assert answer.status_code == 400
    (found,) = findall(r"<strong>AADSTS(\d+): ", answer.text)
    return int(found)


def number_sent_back(fields: Mapping[str, str]) -> int:
    (found,) = findall(r"^AADSTS(\d+): ", fields["error_description"])
    return int(found)


@dataclass(frozen=True)
class Pair:
    """A key with its certificate."""

    private: str
    public: str

    def assertion(self, client_id: str, audience: str, now: datetime, **changed: Any) -> str:
        """PS256 with x5t#S256 unless `algorithm` and `named` say otherwise; other names are claims, None for none."""
        algorithm, named = changed.pop("algorithm", "PS256"), changed.pop("named", KNOWN_BY_THUMBPRINT)
        der = x509.load_pem_x509_certificate(self.public.encode()).public_bytes(Encoding.DER)
        prints = {"x5t#S256": hashlib.sha256(der).digest(), "x5t": hashlib.sha1(der).digest()}
        claims = {
            "aud": audience,
            "iss": client_id,
            "sub": client_id,
            "jti": "1",
            "nbf": int(now.timestamp()),
            "exp": int(now.timestamp()) + 600,
            **changed,
        }
        return jwt.encode(
            {name: value for name, value in claims.items() if value is not None},
            self.private,
            algorithm,
            headers={named: base64.urlsafe_b64encode(prints[named]).decode()},
        )


def make_pair(
    starts: datetime = datetime(2026, 1, 1, tzinfo=UTC), lasts: timedelta = timedelta(days=3650)
) -> Pair:
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "groupware-outlook-sync")])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(starts)
        .not_valid_after(starts + lasts)
        .sign(key, SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return Pair(private, certificate.public_bytes(Encoding.PEM).decode())
