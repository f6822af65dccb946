"""The core @context of NGSI-LD, as data: what every request's vocabulary ends with, and cannot redefine.

Source: ETSI GS CIM 009, annex B. Written as groups of terms, since nearly all of them are ``ngsi-ld:<term>``; one table
serves all published versions, because each version only added terms to the one before.
"""

# ruff: noqa: SIM905 — a block of words reads better than a list of a hundred strings
from __future__ import annotations

from typing import Any, Final

NGSI_LD: Final = "https://uri.etsi.org/ngsi-ld/"
GEOJSON: Final = "https://purl.org/geojson/vocab#"
DEFAULT_VOCAB: Final = "https://uri.etsi.org/ngsi-ld/default-context/"

_FOLDER: Final = "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context"
CORE_URL: Final = f"{_FOLDER}-v1.9.jsonld"
CORE_URLS: Final = frozenset([f"{_FOLDER}.jsonld", *(f"{_FOLDER}-v1.{n}.jsonld" for n in range(3, 10))])
"""Exactly these are served from here; any other name in that folder has to be loaded, and most likely is not there."""

_PLAIN: Final = """
Attribute AttributeList ContextSourceIdentity ContextSourceNotification ContextSourceRegistration Date DateTime
EntityType EntityTypeInfo EntityTypeList ExecutionResultDetails GeoProperty JsonProperty LanguageProperty ListProperty
ListRelationship Notification Property Relationship Snapshot SnapshotNotification Subscription TemporalProperty Time
VocabProperty accept aggrParams aggrMethods aggrPeriodDuration attrs cacheDuration collation contextSourceAlias
contextSourceInfo contextSourceUptime cooldown csf data detail endpoint entities entity entityCount error errors
expandValues format geoQ geoproperty georel idPattern information isActive join jsonKeys lang linkedMaps localOnly
location management managementInterval mode notification notificationTrigger notifierInfo notUpdated
observationInterval observationSpace omit operations operationSpace ordering pick q reason receiverInfo refreshRate
registrationId registrationName resultStatus scope scopeQ showChanges snapshotId snapshotLifetime snapshotPriority
snapshotStatus status subscriptionName sysAttrs temporalQ throttling timeInterval timeout timeproperty timerel
timesFailed timesSent triggerReason unchanged unitCode updated uri
""".split()

_COERCED: Final[dict[str, list[str]]] = {
    "@id": "datasetId entityId instanceId subscriptionId success tenant".split(),
    "@vocab": """attributeList attributeName attributeNames attributeTypes attributes propertyNames relationshipNames
        typeList typeName typeNames watchedAttributes""".split(),
    "@json": "contextSourceExtras problemDetails".split(),
    "DateTime": """contextSourceTimeAt createdAt deletedAt endAt endTimeAt expiresAt lastFailure lastNotification
        lastSuccess lastUsedAt modifiedAt notifiedAt observedAt startAt timeAt""".split(),
}

_LISTS: Final = """
avg distinctCount entityList max min orderBy snapshotQueries snapshotQueriesDetails snapshotTemporalQueries
snapshotTemporalQueriesDetails stddev sum sumsq totalCount jsons
""".split()

_RENAMED: Final[dict[str, Any]] = {
    "attributeCount": "attributeCount",
    "attributeDetails": "attributeDetails",
    "containedBy": "ngsi-ld:isContainedBy",
    "description": "http://purl.org/dc/terms/description",
    "entityMap": "ngsi-ld:hasEntityMap",
    "joinLevel": "ngsi-ld:hasJoinLevel",
    "key": "ngsi-ld:hasKey",
    "langString": "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString",
    "title": "http://purl.org/dc/terms/title",
    "value": "ngsi-ld:hasValue",
    "previousValue": "ngsi-ld:hasPreviousValue",
    "geometry": "geojson:geometry",
    "properties": "geojson:properties",
    "bbox": {"@id": "geojson:bbox", "@container": "@list"},
    "coordinates": {"@id": "geojson:coordinates", "@container": "@list"},
    "features": {"@id": "geojson:features", "@container": "@set"},
    "dataset": {"@id": "ngsi-ld:hasDataset", "@container": "@index"},
    "json": {"@id": "ngsi-ld:hasJSON", "@type": "@json"},
    "previousJson": {"@id": "ngsi-ld:hasPreviousJson", "@type": "@json"},
    "languageMap": {"@id": "ngsi-ld:hasLanguageMap", "@container": "@language"},
    "previousLanguageMap": {"@id": "ngsi-ld:hasPreviousLanguageMap", "@container": "@language"},
    "languageMaps": {"@id": "ngsi-ld:hasLanguageMaps", "@container": "@list"},
    "object": {"@id": "ngsi-ld:hasObject", "@type": "@id"},
    "previousObject": {"@id": "ngsi-ld:hasPreviousObject", "@type": "@id"},
    "objects": {"@id": "ngsi-ld:hasObjects", "@container": "@list"},
    "objectList": {"@id": "ngsi-ld:hasObjectList", "@container": "@list"},
    "previousObjectList": {"@id": "ngsi-ld:hasPreviousObjectList", "@container": "@list"},
    "objectLists": {"@id": "ngsi-ld:hasObjectLists", "@container": "@list"},
    "objectType": {"@id": "ngsi-ld:hasObjectType", "@type": "@vocab"},
    "values": {"@id": "ngsi-ld:hasValues", "@container": "@list"},
    "valueList": {"@id": "ngsi-ld:hasValueList", "@container": "@list"},
    "previousValueList": {"@id": "ngsi-ld:hasPreviousValueList", "@container": "@list"},
    "valueLists": {"@id": "ngsi-ld:hasValueLists", "@container": "@list"},
    "valueType": {"@id": "ngsi-ld:hasValueType", "@type": "@vocab"},
    "vocab": {"@id": "ngsi-ld:hasVocab", "@type": "@vocab"},
    "previousVocab": {"@id": "ngsi-ld:hasPreviousVocab", "@type": "@vocab"},
    "vocabs": {"@id": "ngsi-ld:hasVocabs", "@container": "@list"},
    "ngsildproof": {
        "@id": "ngsi-ld:ngsildproof",
        "@context": [
            {
                "entityIdSealed": "ngsi-ld:entityIdSealed",
                "entityTypeSealed": {"@id": "ngsi-ld:entityTypeSealed", "@type": "@vocab"},
            },
            "https://w3id.org/security/data-integrity/v2",
        ],
    },
}

_GEOMETRIES: Final = """
Feature FeatureCollection GeometryCollection LineString MultiLineString MultiPoint MultiPolygon Point Polygon
""".split()


def core_document() -> dict[str, Any]:
    """The whole core @context as the standard prints it."""
    terms: dict[str, Any] = {"id": "@id", "type": "@type"}
    terms |= {term: f"geojson:{term}" for term in _GEOMETRIES}
    terms |= {term: f"ngsi-ld:{term}" for term in _PLAIN}
    for coercion, names in _COERCED.items():
        terms |= {term: {"@id": f"ngsi-ld:{term}", "@type": coercion} for term in names}
    terms |= {term: {"@id": f"ngsi-ld:{term}", "@container": "@list"} for term in _LISTS}
    terms |= _RENAMED
    head = {"@version": 1.1, "@protected": True, "ngsi-ld": NGSI_LD, "geojson": GEOJSON}
    return {"@context": head | dict(sorted(terms.items())) | {"@vocab": DEFAULT_VOCAB}}


def _absolute(short: str) -> str:
    prefix, _, rest = short.partition(":")
    return {"ngsi-ld": NGSI_LD, "geojson": GEOJSON}[prefix] + rest if prefix in ("ngsi-ld", "geojson") else short


def _compiled() -> tuple[dict[str, str], dict[str, str]]:
    names: dict[str, str] = {}
    coercions: dict[str, str] = {}
    for term, given in core_document()["@context"].items():
        if term[0] == "@" or term in ("id", "type"):
            continue
        definition = {"@id": given} if isinstance(given, str) else given
        iri = definition["@id"]
        # The standard prints these two without a prefix, so that they fall under @vocab like any unknown term.
        names[term] = _absolute(iri) if ":" in iri else DEFAULT_VOCAB + iri
        if kind := definition.get("@type"):
            coercions[term] = kind if kind[0] == "@" else NGSI_LD + kind
    return names, coercions


CORE_TERMS, CORE_COERCIONS = _compiled()
"""Term → expanded name, term → type coercion; of the core @context alone."""

CORE_PREFIXES: Final = {"ngsi-ld": NGSI_LD, "geojson": GEOJSON}
