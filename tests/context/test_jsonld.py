"""Vocabularies: expansion, compaction, what a user's @context may and may not do, and where documents come from."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from rhinecloud.base.declare import Attribute, EntityType, Label, Model
from rhinecloud.base.errors import BadRequestData, VocabularyUnavailable
from rhinecloud.context.vocabulary import CORE_URL, Vocabularies, Vocabulary, core_document

PARKING = "https://smartdatamodels.org/dataModel.Parking/"
SDM_URL = "https://raw.githubusercontent.com/smart-data-models/dataModel.Parking/master/context.jsonld"


def model() -> Model:
    label = Label(de="x", en="x")
    attribute = Attribute(name="availableSpotNumber", label=label)
    return Model(
        [
            EntityType(
                name="OffStreetParking",
                label=label,
                plural=label,
                subject="dataModel.Parking",
                icon="car",
                attributes=(attribute, Attribute(name="location", label=label, kind="geo")),
            )
        ]
    )


@pytest.fixture
def vocabularies() -> Vocabularies:
    return Vocabularies(model(), own_url="http://city/context", allow_private=True)


@pytest.fixture
def serve() -> Iterator[Callable[[dict[str, bytes]], str]]:
    """A small HTTP server; gives its address. Paths that are not there are 404."""
    files: dict[str, bytes] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = files.get(self.path)
            if body is not None and body.startswith(b"-> "):
                self.send_response(302)
                self.send_header("Location", body[3:].decode())
                self.end_headers()
                return
            self.send_response(200 if body is not None else 404)
            self.end_headers()
            self.wfile.write(body or b"")
            counts[self.path] = counts.get(self.path, 0) + 1

        def log_message(self, format: str, *args: object) -> None:
            pass

    counts: dict[str, int] = {}
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()

    def offer(more: dict[str, bytes]) -> str:
        files.update(more)
        return f"http://127.0.0.1:{server.server_port}"

    offer.counts = counts  # type: ignore[attr-defined]
    yield offer
    server.shutdown()
    thread.join()
    server.server_close()


async def test_unknown_terms_lie_in_the_default_vocabulary(vocabularies: Vocabularies) -> None:
    vocabulary = vocabularies.default
    assert vocabulary.expand("almostFull") == "https://uri.etsi.org/ngsi-ld/default-context/almostFull"
    assert vocabulary.compact("https://uri.etsi.org/ngsi-ld/default-context/almostFull") == "almostFull"


async def test_the_default_vocabulary_knows_our_own_terms(vocabularies: Vocabularies) -> None:
    assert vocabularies.default.expand("OffStreetParking") == PARKING + "OffStreetParking"
    assert vocabularies.default.compact(PARKING + "availableSpotNumber") == "availableSpotNumber"
    assert PARKING + "OffStreetParking" in vocabularies.default.own
    assert vocabularies.default.expand("location") == "https://uri.etsi.org/ngsi-ld/location"


async def test_expanded_names_without_a_term_stay_expanded(vocabularies: Vocabularies) -> None:
    name = "https://ngsi-ld-test-suite/context#almostFull"
    assert vocabularies.default.expand(name) == name
    assert vocabularies.default.compact(name) == name


@pytest.mark.parametrize("version", ["", "-v1.3", "-v1.6", "-v1.8", "-v1.9"])
async def test_every_published_core_context_is_here(vocabularies: Vocabularies, version: str) -> None:
    url = f"https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context{version}.jsonld"
    vocabulary = await vocabularies.load(url, "city")
    assert vocabulary.expand("value") == "https://uri.etsi.org/ngsi-ld/hasValue"
    assert vocabulary.source == url


async def test_a_core_context_that_does_not_exist_is_unavailable(vocabularies: Vocabularies) -> None:
    with pytest.raises(VocabularyUnavailable):
        await vocabularies.load("https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-non-existing.jsonld", "city")


async def test_core_terms_cannot_be_redefined_wherever_the_core_stands(vocabularies: Vocabularies) -> None:
    theirs = {"location": "http://example.org/location", "speed": "http://example.org/speed"}
    for context in (theirs, [theirs, CORE_URL], [CORE_URL, theirs]):
        vocabulary = await vocabularies.load(context, "city")
        assert vocabulary.expand("location") == "https://uri.etsi.org/ngsi-ld/location"
        assert vocabulary.expand("speed") == "http://example.org/speed"


async def test_prefixes_coercion_and_vocab_are_understood(vocabularies: Vocabularies) -> None:
    context = {
        "ex": "http://example.org/",
        "kind": {"@id": "ex:kind", "@type": "@vocab"},
        "@vocab": "http://example.org/other#",
    }
    vocabulary = await vocabularies.load(context, "city")
    assert vocabulary.expand("ex:a") == "http://example.org/a"
    assert vocabulary.compact("http://example.org/b") == "ex:b"
    assert vocabulary.coercion("kind") == "@vocab"
    assert vocabulary.coercion("object") == "@id"
    assert vocabulary.expand("colour") == "http://example.org/other#colour"
    assert vocabulary.compact("https://uri.etsi.org/ngsi-ld/default-context/q") == "ngsi-ld:default-context/q"


async def test_the_later_definition_of_a_term_counts(vocabularies: Vocabularies) -> None:
    vocabulary = await vocabularies.load([{"a": "http://one/a"}, {"a": "http://two/a"}], "city")
    assert vocabulary.expand("a") == "http://two/a"


async def test_of_several_terms_the_shortest_is_used(vocabularies: Vocabularies) -> None:
    vocabulary = await vocabularies.load({"longer": "http://x/y", "b": "http://x/y", "a": "http://x/y"}, "city")
    assert vocabulary.compact("http://x/y") == "a"


@pytest.mark.parametrize(
    "context",
    [
        7,
        "relative.jsonld",
        {"a": 5},
        {"a": {"@id": "http://a", "@context": {}}},
        {"@vocab": 3},
        {"": "http://x"},
        {"a": {"@id": "b"}, "b": {"@id": "a:"}},
        [[[[[[[[[[{}]]]]]]]]]],
        [{"a": "http://a"}] * 100,
    ],
)
async def test_what_is_no_context_is_bad_request_data(vocabularies: Vocabularies, context: object) -> None:
    with pytest.raises(BadRequestData):
        await vocabularies.load(context, "city")  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["", "@type", "9lives", "a b", "a-b", "<script>", "_x", "a" * 3000, "ex:a b"])
def test_names_outside_the_grammar_are_refused(name: str) -> None:
    with pytest.raises(BadRequestData):
        Vocabulary(CORE_URL).expand(name)


@pytest.mark.parametrize("name", ["Straße", "température", "a1_b", "NO2", "名前"])
def test_names_may_have_letters_of_any_script(name: str) -> None:
    vocabulary = Vocabulary(CORE_URL)
    assert vocabulary.compact(vocabulary.expand(name)) == name


def test_a_vocabulary_learns_a_bounded_number_of_names() -> None:
    vocabulary = Vocabulary(CORE_URL)
    for number in range(20_000):
        vocabulary.expand(f"a{number}")
        vocabulary.compact(f"http://x/{number}")
    assert len(vocabulary._expand) < 6_000 and len(vocabulary._compact) < 6_000


async def test_a_smart_data_model_out_of_reach_is_stood_in_for(vocabularies: Vocabularies) -> None:
    vocabulary = await vocabularies.load(SDM_URL, "city")
    assert vocabulary.expand("OffStreetParking") == PARKING + "OffStreetParking"
    assert vocabulary.expand("address") == "https://smartdatamodels.org/address"


async def test_remote_contexts_are_loaded_once_and_nested_ones_followed(
    vocabularies: Vocabularies, serve: Callable[[dict[str, bytes]], str]
) -> None:
    base = serve({"/inner": b'{"@context": {"speed": "http://x/speed"}}'})
    serve({"/outer": f'{{"@context": ["{base}/inner", "{CORE_URL}"]}}'.encode(), "/moved": b"-> /outer"})
    found = await asyncio.gather(*(vocabularies.load(f"{base}/outer", "city") for _ in range(20)))
    assert {v.expand("speed") for v in found} == {"http://x/speed"}
    assert serve.counts == {"/outer": 1, "/inner": 1}  # type: ignore[attr-defined]
    assert (await vocabularies.load(f"{base}/moved", "city")).expand("speed") == "http://x/speed"
    kept = vocabularies.documents.find(f"{base}/outer")
    assert kept is not None and kept.hits == 20


async def test_remote_contexts_that_are_none_are_bad_request_data(
    vocabularies: Vocabularies, serve: Callable[[dict[str, bytes]], str]
) -> None:
    base = serve({"/text": b"hello", "/other": b'{"a": 1}', "/loop": b'{"@context": "LOOP"}'})
    serve({"/loop": f'{{"@context": "{base}/loop"}}'.encode()})
    for path in ("/text", "/other", "/loop"):
        with pytest.raises(BadRequestData):
            await vocabularies.load(base + path, "city")
    with pytest.raises(VocabularyUnavailable):
        await vocabularies.load(base + "/missing", "city")


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/x",
        "http://localhost/x",
        "http://[::1]/",
        "http://169.254.169.254/latest",
        "http://[::ffff:10.0.0.1]/x",
        "http://0x7f000001/",
        "http://10.1.2.3/",
        "file:///etc/passwd",
        "gopher://x/",
        "http:// /",
    ],
)
async def test_addresses_inside_are_refused(url: str) -> None:
    with pytest.raises(VocabularyUnavailable):
        await Vocabularies(model()).load(url, "city")


async def test_hosted_contexts_come_first_and_are_the_tenants_own(vocabularies: Vocabularies) -> None:
    vocabularies.hosted = lambda tenant, url: {"a": f"http://{tenant}/a"} if url == "http://me/1" else None
    assert (await vocabularies.load("http://me/1", "city")).expand("a") == "http://city/a"
    assert (await vocabularies.load("http://me/1", "port")).expand("a") == "http://port/a"


async def test_our_own_context_is_known_by_its_url(vocabularies: Vocabularies) -> None:
    vocabulary = await vocabularies.load(["http://city/context", CORE_URL], "city")
    assert vocabulary.expand("availableSpotNumber") == PARKING + "availableSpotNumber"


def test_the_core_document_is_as_the_standard_prints_it() -> None:
    context = core_document()["@context"]
    assert context["observedAt"] == {"@id": "ngsi-ld:observedAt", "@type": "DateTime"}
    assert context["object"] == {"@id": "ngsi-ld:hasObject", "@type": "@id"}
    assert context["location"] == "ngsi-ld:location"
    assert context["Point"] == "geojson:Point"
    assert list(context)[-1] == "@vocab"
