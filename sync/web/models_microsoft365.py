"""The JSON of an organization's connection to Microsoft 365."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Self

from pydantic import AfterValidator, AwareDatetime, Field, field_validator, model_validator

from sync.core.tenant import CredentialKind, ExpirySource, PermissionState, TenantState, is_guid
from sync.web.models import Answered, Asked, Changes, Explained
from sync.web.values import Flag, mistake

# A PEM of a key and a chain of certificates; a client secret has 40 characters.
LONGEST_VALUE = 20_000
LONGEST_NAME = 127


def _guid(text: str) -> str:
    if not is_guid(text):
        raise mistake("field-format")
    return text.lower()


Guid = Annotated[
    str, Field(max_length=36, examples=["00000000-0000-0000-0000-000000000000"]), AfterValidator(_guid)
]
WITH_SECRET = (CredentialKind.SECRET, CredentialKind.CERTIFICATE)


class CredentialUpdate(Asked):
    """A new credential. Its value is stored in the Key Vault and never shown again."""

    kind: CredentialKind = Field(
        description="`secret`: a client secret. `certificate`: with its key. `federated`: the app registration "
        "trusts the managed identity. `managedIdentity`: the managed identity itself holds the permissions."
    )
    value: str = Field(
        "",
        max_length=LONGEST_VALUE,
        json_schema_extra={"writeOnly": True},
        repr=False,
        description="The client secret's value, or certificate and key as PEM (or PKCS #12 in base64).",
    )
    secret_name: str = Field(
        "",
        max_length=LONGEST_NAME,
        description="Instead of `value`: name of a secret in the Key Vault, as an operator stored it.",
        examples=["microsoft365-default-2026"],
    )
    expires: AwareDatetime | None = Field(
        None,
        description="End of a client secret. A certificate says it itself.",
        examples=["2027-05-22T00:00:00Z"],
    )
    identity: Guid | None = Field(
        None, description="Client id of the user-assigned managed identity; left out: the deployment's own."
    )

    @field_validator("value")
    @classmethod
    def _trimmed(cls, text: str) -> str:
        """What is copied from a page brings blanks and line ends along."""
        return text.strip()

    @field_validator("expires")
    @classmethod
    def _in_utc(cls, at: datetime | None) -> datetime | None:
        return at.astimezone(UTC) if at is not None else None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        given = bool(self.value) + bool(self.secret_name)
        if given != (self.kind in WITH_SECRET):
            raise mistake("credential-value-or-name")
        return self


class Microsoft365Update(Changes):
    in_use: Flag = False
    tenant_id: Guid = Field("", description="Directory (tenant) id.")
    client_id: Guid = Field("", description="Application (client) id of the app registration.")
    credential: CredentialUpdate | None = Field(
        None, description="Replaces the present one, which goes on being tried for a while."
    )
    credential_expires: AwareDatetime | None = Field(
        None, description="End of the present client secret, where it was not known when it was entered."
    )

    @field_validator("credential_expires")
    @classmethod
    def _in_utc(cls, at: datetime | None) -> datetime | None:
        return at.astimezone(UTC) if at is not None else None


class CredentialAnswer(Answered):
    """Never the value."""

    kind: CredentialKind
    secret_name: str = Field(description="Its name in the Key Vault; empty where there is no secret.")
    expires: datetime | None
    expiry_source: ExpirySource | None
    days_left: int | None = Field(description="Whole days until it ends; negative afterwards.")
    added_at: datetime | None
    identity: str
    hint: str = Field(description="A certificate's SHA-1 thumbprint.")


class PermissionAnswer(Answered):
    name: str
    required: bool
    state: PermissionState = Field(description="`byPolicy`: granted in Exchange, for a group of mailboxes.")


class Microsoft365Answer(Answered):
    in_use: bool
    tenant_id: str
    client_id: str
    redirect_uri: str = Field(description="To be registered with the app, exactly (platform: Web).")
    state: TenantState
    since: datetime | None
    problem: Explained | None = Field(description="What keeps it from working, and what to do.")
    checked_at: datetime | None
    consented_at: datetime | None
    credential: CredentialAnswer | None
    previous: CredentialAnswer | None = Field(
        description="The replaced credential, as long as it is tried, too."
    )
    permissions: list[PermissionAnswer]
    attention: list[Explained] = Field(description="Everything an administrator should look at.")
