from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

from tests.web.company import Company


def apps(company: Company, **options: object) -> list[dict[str, str]]:
    answer = company.as_person("GET", "/api/microsoft365/apps", **options)
    assert answer.status == 200
    found: list[dict[str, str]] = answer.json["apps"]
    return found


def test_the_menu_is_the_manuals(company: Company) -> None:
    assert [app["name"] for app in apps(company)] == [
        "Outlook",
        "Word Online",
        "Excel Online",
        "PowerPoint Online",
        "OneNote",
        "Microsoft 365",
    ]
    for app in apps(company):
        assert app["nameJa"]
        assert app["nameEn"]
        assert urlsplit(app["address"]).scheme == "https"


def test_each_address_hints_at_the_persons_own_account(company: Company) -> None:
    connections = company.services.connections
    connections.put(replace(company.person("suzuki"), upn="su&zu#ki+1@x.test"))
    for app in apps(company):
        assert parse_qs(urlsplit(app["address"]).query) == {"login_hint": ["su&zu#ki+1@x.test"]}
        assert urlsplit(app["address"]).fragment == ""


def test_who_is_not_linked_gets_the_plain_addresses(company: Company) -> None:
    company.services.connections.put(replace(company.person("suzuki"), enabled=False))
    assert all("?" not in app["address"] for app in apps(company))
    company.services.connections.delete("default", "suzuki")
    assert len(apps(company)) == 6
