"""The first day of a closed city: in by the one-time link, a password, a token for a program, and the record of it."""

from __future__ import annotations

import subprocess
import sys

from .conftest import LiveCity, first_link, person

PASSWORD = "gelbe Boje am Strom"
ENTITY = {"id": "urn:ngsi-ld:WeatherObserved:first", "type": "WeatherObserved", "temperature": 21.5}


def test_the_first_link_lets_its_reader_in_once_and_sets_the_password(live_city: LiveCity) -> None:
    link = first_link(live_city)
    with person(live_city) as first:
        assert first.http.get("/account").status_code == 303  # closed: first sign in
        assert first.send(link, link, password="short", again="short").status_code == 400
        assert first.send(link, link, password=PASSWORD, again=PASSWORD + "!").status_code == 400
        assert first.send(link, link, password=PASSWORD, again=PASSWORD).status_code == 303
        assert first.http.get("/account").status_code == 200
        assert first.http.get("/administration").status_code == 200
        name = live_city.command("user", "list").split("\t")[0]
        with person(live_city) as second:
            assert second.http.get(link).status_code == 410
            assert second.http.get("/account").status_code == 303

        cookie = first.http.cookies["rhinecloud_session"]
        assert first.send("/account", "/sign-out").status_code == 303
        first.http.cookies.set("rhinecloud_session", cookie)
        assert first.http.get("/account").status_code == 303  # the session is over, not only its cookie gone

    with person(live_city) as again:
        assert again.sign_in(name, "blaue Boje am Strom").status_code == 401
        assert again.sign_in(name, PASSWORD).status_code == 303
        assert again.http.get("/account").status_code == 200


def test_guessing_passwords_has_to_wait(live_city: LiveCity) -> None:
    live_city.command("user", "add", "anna", "--role", "operator")
    with person(live_city) as guesser:
        told = [guesser.sign_in("anna", f"guess number {n}").status_code for n in range(8)]
    assert told[:4] == [401] * 4
    assert 429 in told
    assert "refused" in live_city.command("audit", "list", "--action", "sign-in")


def test_a_token_does_what_its_scopes_say_and_no_more(live_city: LiveCity) -> None:
    url = "/ngsi-ld/v1/entities"
    assert live_city.http.post(url, json=ENTITY).status_code == 201
    secret = live_city.command("token", "new", "dashboard", "--scope", "entities.read")
    assert len(secret.split()) == 1  # the token and nothing else

    headers = {"Authorization": f"Bearer {secret}"}
    read = live_city.http.get(f"{url}/{ENTITY['id']}", headers=headers)
    assert read.status_code == 200
    assert read.json()["temperature"]["value"] == 21.5
    refused = live_city.http.post(url, json=ENTITY | {"id": "urn:ngsi-ld:WeatherObserved:other"}, headers=headers)
    assert refused.status_code == 403
    assert refused.headers["content-type"] == "application/json"  # of problem details too: GS CIM 009, 6.3.2
    assert refused.json()["status"] == 403
    assert "entities.write" in refused.json()["detail"]
    assert live_city.get(f"{url}/urn:ngsi-ld:WeatherObserved:other") is None

    live_city.command("token", "revoke", "dashboard")
    live_city.until(
        lambda: live_city.http.get(url, params={"type": "X"}, headers=headers).status_code == 401, "refusal"
    )


def test_what_was_done_and_refused_is_in_the_record_and_the_record_is_whole(live_city: LiveCity) -> None:
    secret = live_city.command("token", "new", "reader", "--scope", "entities.read")
    refused = live_city.http.post("/ngsi-ld/v1/entities", json=ENTITY, headers={"Authorization": f"Bearer {secret}"})
    assert refused.status_code == 403
    assert "reader" in live_city.command("audit", "list", "--action", "token.")
    live_city.until(lambda: "entities.write" in live_city.command("audit", "list"), "the refusal's record")
    verdict = live_city.command("audit", "verify")
    assert "unaltered" in verdict
    head = verdict.rpartition(" ")[2]
    live_city.command("token", "new", "another", "--scope", "entities.read")
    live_city.command("audit", "verify", "--head", head)  # what was noted is in it still
    wrong = subprocess.run(
        [sys.executable, "-m", "rhinecloud", "audit", "verify", "--head", "0" * 64, "--data", str(live_city.data)],
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert wrong.returncode == 1
