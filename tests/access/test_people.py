"""People, roles, tenants and agencies."""

from __future__ import annotations

import pytest

from rhinecloud.access import Access, Grant, Principal, parse_grant, system
from rhinecloud.base.errors import (
    AlreadyExists,
    BadRequestData,
    Conflict,
    Forbidden,
    NonexistentTenant,
    ResourceNotFound,
)

ROOT = system("test")


@pytest.fixture
def city(access: Access) -> Access:
    access.tenants.add(ROOT, "port", "Duisport")
    access.tenants.add_agency(ROOT, "city", "fire", "Feuerwehr")
    return access


def principal(access: Access, name: str) -> Principal:
    return access.people.get(name).principal()


def test_a_person_is_found_by_name_in_any_case_and_by_id(city: Access) -> None:
    made = city.people.add(
        ROOT, "Anna.Muster@city.example", title="Anna Muster", grants=[Grant("operator", "city", "fire")]
    )
    assert made.name == "anna.muster@city.example"
    assert city.people.get("ANNA.MUSTER@CITY.EXAMPLE") == made == city.people.get(made.id)
    assert made.principal().grants == (Grant("operator", "city", "fire"),)
    assert (made.principal().tenant, made.principal().agency) == ("city", "fire")
    assert [p.name for p in city.people.list()] == [made.name]


@pytest.mark.parametrize("name", ["", " ", " anna", "a\nb", "a/b", "\x00", "x" * 101, "a@b@c", "@"])
def test_names_that_nobody_can_sign_in_with_are_refused(city: Access, name: str) -> None:
    with pytest.raises(BadRequestData):
        city.people.add(ROOT, name)


@pytest.mark.parametrize("name", ["anna", "Anna Müller", "李雷", "o'neill", "a"])
def test_names_of_the_world_are_taken(city: Access, name: str) -> None:
    assert city.people.add(ROOT, name).title == name


def test_a_name_is_given_once(city: Access) -> None:
    city.people.add(ROOT, "anna")
    with pytest.raises(AlreadyExists, match="Person anna already exists"):
        city.people.add(ROOT, "Anna")


@pytest.mark.parametrize(
    ("grant", "error"),
    [
        (Grant("king"), BadRequestData),
        (Grant("operator", "nowhere"), NonexistentTenant),
        (Grant("operator", "city", "navy"), ResourceNotFound),
        (Grant("operator", "port", "fire"), ResourceNotFound),
    ],
)
def test_a_role_needs_its_tenant_and_agency_and_nothing_is_left_of_a_refused_act(
    city: Access, grant: Grant, error: type[Exception]
) -> None:
    before = len(city.trail.records(limit=1000))
    with pytest.raises(error):
        city.people.add(ROOT, "anna", grants=[grant])
    assert city.people.list() == []
    assert len(city.trail.records(limit=1000)) == before


def test_roles_are_given_and_taken_and_the_session_knows_at_once(city: Access) -> None:
    city.people.add(ROOT, "anna", grants=[Grant("analyst", "city")])
    cookie = city.sign_in.link(city.links.new(ROOT, "anna"), "correct horse battery", address="::1")
    city.people.set_roles(ROOT, "anna", add=[Grant("engineer", "port")], remove=[Grant("analyst", "city")])
    session = city.session(cookie)
    assert session is not None
    city.allow(session.principal, "entities.write", "port")
    with pytest.raises(Forbidden):
        city.allow(session.principal, "export", "city")


def test_who_manages_one_tenant_cannot_reach_beyond_it(city: Access) -> None:
    city.people.add(ROOT, "port-admin", grants=[Grant("administrator", "port")])
    city.people.add(ROOT, "city-admin", grants=[Grant("administrator")])
    city.people.add(ROOT, "anna", grants=[Grant("operator", "port")])
    city.people.add(ROOT, "newcomer")
    by = principal(city, "port-admin")
    city.people.set_roles(by, "anna", add=[Grant("engineer", "port")])
    city.people.set_roles(by, "newcomer", add=[Grant("analyst", "port")])
    city.links.new(by, "anna")
    for forbidden in (
        lambda: city.people.set_roles(by, "anna", add=[Grant("engineer", "city")]),
        lambda: city.people.set_roles(by, "port-admin", add=[Grant("administrator")]),
        lambda: city.people.add(by, "mole", grants=[Grant("operator", "city")]),
        lambda: city.people.disable(by, "city-admin"),
        lambda: city.links.new(by, "city-admin"),
        lambda: city.sign_in.set_password(by, "city-admin", "another long password"),
        lambda: city.sessions.end_all(by, city.people.get("city-admin").id),
        lambda: city.tokens.new(by, "t", ["*"]),
        lambda: city.tokens.new(by, "t", ["entities.read"], tenant="city"),
    ):
        with pytest.raises(Forbidden):
            forbidden()


def test_people_may_change_what_is_read_of_them_but_not_of_others(city: Access) -> None:
    city.people.add(ROOT, "anna")
    city.people.add(ROOT, "ben")
    assert city.people.change(principal(city, "anna"), "anna", title="Dr. Anna", language="en").title == "Dr. Anna"
    with pytest.raises(Forbidden):
        city.people.change(principal(city, "anna"), "ben", title="Fool")


def test_the_last_administrator_stays(city: Access) -> None:
    city.people.add(ROOT, "anna", grants=[Grant("administrator")])
    with pytest.raises(Conflict, match="last administrator"):
        city.people.disable(ROOT, "anna")
    with pytest.raises(Conflict):
        city.people.set_roles(ROOT, "anna", remove=[Grant("administrator")])
    city.people.add(ROOT, "ben", grants=[Grant("administrator")])
    assert city.people.disable(ROOT, "anna").disabled_us is not None
    assert city.people.disable(ROOT, "anna", disabled=False).disabled_us is None


def test_grants_are_written_as_role_at_tenant_slash_agency() -> None:
    for text in ("operator", "operator@city", "operator@city/fire"):
        assert str(parse_grant(text)) == text
    with pytest.raises(BadRequestData, match="Role 'boss' does not exist"):
        parse_grant("boss@city")


def test_tenants_have_names_that_can_be_folders(city: Access) -> None:
    for wrong in ("", "City", "../x", "a b", "-x", "x" * 64, "ü", "a.b"):
        with pytest.raises(BadRequestData):
            city.tenants.add(ROOT, wrong)
    with pytest.raises(AlreadyExists):
        city.tenants.add(ROOT, "port")
    assert {t.name: t.title for t in city.tenants.list()} == {"city": "Duisburg", "port": "Duisport"}
    city.tenants.rename(ROOT, "port", "Port of Duisburg")
    assert city.tenants.list()[1].title == "Port of Duisburg"


def test_removing_a_tenant_takes_its_agencies_roles_and_tokens_along(city: Access) -> None:
    city.people.add(ROOT, "anna", grants=[Grant("operator", "port"), Grant("analyst", "city")])
    _, made = city.tokens.new(ROOT, "t", ["entities.read"], tenant="port")
    city.tenants.add_agency(ROOT, "port", "harbour-master")
    city.tenants.remove(ROOT, "port")
    assert not city.tenants.exists("port")
    assert city.tenants.agencies("port") == []
    assert city.people.get("anna").grants == (Grant("analyst", "city"),)
    assert city.tokens.get(made.id).revoked_us is not None
    with pytest.raises(NonexistentTenant):
        city.tenants.remove(ROOT, "port")


def test_removing_an_agency_takes_the_roles_in_it_along(city: Access) -> None:
    city.people.add(ROOT, "anna", grants=[Grant("operator", "city", "fire"), Grant("analyst", "city")])
    city.tenants.remove_agency(ROOT, "city", "fire")
    assert city.people.get("anna").grants == (Grant("analyst", "city"),)
    with pytest.raises(ResourceNotFound):
        city.tenants.remove_agency(ROOT, "city", "fire")


def test_every_act_is_in_the_audit_log(city: Access) -> None:
    city.people.add(ROOT, "anna", grants=[Grant("operator", "city")])
    city.people.disable(ROOT, "anna")
    found = [(r.actor, r.action, r.subject) for r in city.trail.records(limit=2)]
    assert found == [("system:test", "person.disable", "anna"), ("system:test", "person.add", "anna")]
    assert city.trail.verify().breaks == ()
