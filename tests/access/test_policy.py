"""Who may do what, and the reason when they may not."""

from __future__ import annotations

from pathlib import Path

import pytest

from rhinecloud.access import ACTIONS, ANONYMOUS, OPEN, ROLES, Grant, Principal, system
from rhinecloud.access.policy import INSTALLATION, Policy, actions, expand
from rhinecloud.access.principal import of_person
from rhinecloud.base.errors import BadRequestData, Forbidden, Unauthorized

TYPE = "https://smartdatamodels.org/dataModel.Parking/OffStreetParking"


def person(*grants: Grant) -> Principal:
    return of_person("p_1", "Anna", grants)


def token(*scopes: str, tenant: str = "") -> Principal:
    return Principal(kind="token", id="t_1", name="import", tenant=tenant, scopes=frozenset(scopes))


def test_an_administrator_of_all_tenants_may_do_everything_everywhere() -> None:
    policy = Policy()
    for action in ACTIONS:
        policy.allow(person(Grant("administrator")), action, "city")
        policy.allow(person(Grant("administrator")), action, "")


def test_an_administrator_of_one_tenant_may_not_act_on_the_installation_or_on_another_tenant() -> None:
    policy, anna = Policy(), person(Grant("administrator", "city"))
    for action in ACTIONS - INSTALLATION:
        policy.allow(anna, action, "city")
        with pytest.raises(Forbidden):
            policy.allow(anna, action, "port")
        with pytest.raises(Forbidden):
            policy.allow(anna, action, "")
    for action in INSTALLATION:
        with pytest.raises(Forbidden, match="counts in all tenants"):
            policy.allow(anna, action, "city")


def test_roles_count_only_where_they_are_granted() -> None:
    policy, anna = Policy(), person(Grant("engineer", "city", "lighting"), Grant("analyst", "port"))
    policy.allow(anna, "entities.write", "city")
    policy.allow(anna, "export", "port")
    with pytest.raises(
        Forbidden, match=r"Anna may not entities\.write in tenant port: it takes the role administrator, engineer"
    ):
        policy.allow(anna, "entities.write", "port")


def test_a_token_may_do_what_its_scopes_say_in_its_tenant() -> None:
    policy = Policy()
    policy.allow(token("entities.*", tenant="city"), "entities.write", "city")
    policy.allow(token("*"), "metrics.read", "")
    with pytest.raises(Forbidden, match=r"has no scope devices\.read"):
        policy.allow(token("entities.*"), "devices.read", "city")
    with pytest.raises(Forbidden, match="belongs to tenant city"):
        policy.allow(token("entities.*", tenant="city"), "entities.read", "port")
    with pytest.raises(Forbidden):
        policy.allow(token("*", tenant="city"), "metrics.read", "city")


def test_nobody_is_asked_to_sign_in_and_devices_may_nothing() -> None:
    policy = Policy()
    with pytest.raises(Unauthorized, match=r"scope entities\.write"):
        policy.allow(ANONYMOUS, "entities.write", "city")
    with pytest.raises(Unauthorized):
        policy.allow(ANONYMOUS, "entities.read", "city")
    with pytest.raises(Forbidden, match="A device may not"):
        policy.allow(Principal(kind="device", id="gauge"), "entities.read", "city")


def test_open_types_are_readable_by_everyone_and_nothing_else_is() -> None:
    policy = Policy(frozenset({TYPE}))
    for who in (ANONYMOUS, person(), token("export")):
        policy.allow(who, "entities.read", "city")
        policy.allow(who, "history.read", "city")
        assert policy.readable_types(who, "city") == {TYPE}
    assert policy.readable_types(person(Grant("operator", "city")), "city") is None
    assert policy.readable_types(person(Grant("operator", "city")), "port") == {TYPE}
    assert policy.readable_types(OPEN, "any") is None
    with pytest.raises(Unauthorized):
        policy.allow(ANONYMOUS, "entities.write", "city")


def test_scopes_are_action_names_families_or_everything() -> None:
    assert expand(["entities.read"]) == {"entities.read"}
    assert expand(["devices.*"]) == {"devices.read", "devices.manage", "devices.command"}
    assert expand(["*"]) == ACTIONS
    for wrong in ("entities", "entities.*.x", "e*", "", "entities.", "ENTITIES.READ", "**"):
        with pytest.raises(BadRequestData, match="does not exist"):
            expand([wrong])


def test_an_unknown_action_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="no action"):
        Policy().allow(system("x"), "entities.destroy", "city")


def test_every_role_does_something_and_nothing_unknown() -> None:
    assert set(ROLES) == {"operator", "engineer", "analyst", "leadership", "planner", "crew", "administrator"}
    for acts in ROLES.values():
        assert acts
        assert acts <= ACTIONS
    assert actions(person(Grant("no-such-role")), "city") == frozenset()


def test_the_reference_page_shows_the_table() -> None:
    page = (Path(__file__).parents[2] / "docs" / "reference" / "roles.md").read_text("utf-8")
    order = ["operator", "engineer", "analyst", "leadership", "planner", "crew", "administrator"]
    for action in ACTIONS:
        cells = " | ".join("yes" if action in ROLES[role] else "" for role in order)
        row = f"| `{action}` | {cells} |"
        assert " ".join(row.split()) in " ".join(page.split()), row


def test_a_type_can_be_closed_to_everyone_in_one_tenant_and_opened_again() -> None:
    policy = Policy(frozenset([TYPE]))
    assert policy.readable_types(ANONYMOUS, "city") == {TYPE}
    policy.close("city", frozenset([TYPE]))
    assert policy.readable_types(ANONYMOUS, "city") == frozenset()
    assert policy.readable_types(ANONYMOUS, "port") == {TYPE}
    assert policy.readable_types(token("entities.read"), "city") is None  # who may read everything still does
    policy.close("city", frozenset())
    assert policy.readable_types(ANONYMOUS, "city") == {TYPE}
