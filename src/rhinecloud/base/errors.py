"""Every error that Rhine Cloud raises, in one family; `sharing/problems.py` alone turns them into RFC 9457 answers.

    RhineError                      500
    ├── Refused                     4xx: what was asked cannot be done as asked
    │   ├── InvalidRequest          400  the request itself is malformed (ETSI GS CIM 009, 5.5.2)
    │   ├── BadRequestData          400  the request is well-formed, its content is not
    │   ├── Unauthorized            401  who is asking is not known
    │   ├── Forbidden               403  who is asking may not
    │   ├── TooComplexQuery         403
    │   ├── ResourceNotFound        404
    │   ├── NonexistentTenant       404
    │   ├── MethodNotAllowed        405
    │   ├── NotAcceptable           406
    │   ├── AlreadyExists           409
    │   ├── Conflict                409  somebody else changed it first
    │   ├── LengthRequired          411
    │   ├── PayloadTooLarge         413
    │   ├── UnsupportedMediaType    415
    │   ├── OperationNotSupported   422
    │   └── TooManyRequests         429
    ├── Unreadable                  a payload from a device or feed that cannot be understood: goes to quarantine
    └── Unavailable                 503  a part of the city is down, full or still starting; try again
        └── VocabularyUnavailable   504  a remote @context cannot be loaded

Wording: present tense, names the thing, says what to do next where that is not plain
("Entity X does not exist", never "could not be found").
"""

from __future__ import annotations

from typing import Any, ClassVar

NGSI_LD = "https://uri.etsi.org/ngsi-ld/errors/"
OURS = "https://rhinecloud.org/errors/"


class RhineError(Exception):
    """Anything that went wrong and that someone is told about.

    Args:
        detail: one sentence for the person or program that asked.
        extra: further members of the problem document, JSON values.
    """

    status: ClassVar[int] = 500
    type: ClassVar[str] = NGSI_LD + "InternalError"
    title: ClassVar[str] = "Internal error"

    def __init__(self, detail: str = "", **extra: Any) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.extra = extra


class Refused(RhineError):
    status = 400
    type = NGSI_LD + "BadRequestData"
    title = "Bad request"


class InvalidRequest(Refused):
    type = NGSI_LD + "InvalidRequest"
    title = "Invalid request"


class BadRequestData(Refused):
    type = NGSI_LD + "BadRequestData"
    title = "Bad request data"


class Unauthorized(Refused):
    status = 401
    type = OURS + "Unauthorized"
    title = "Sign-in or token needed"


class Forbidden(Refused):
    status = 403
    type = OURS + "Forbidden"
    title = "Not allowed"


class TooComplexQuery(Refused):
    status = 403
    type = NGSI_LD + "TooComplexQuery"
    title = "Query too complex"


class ResourceNotFound(Refused):
    status = 404
    type = NGSI_LD + "ResourceNotFound"
    title = "Resource not found"


class NonexistentTenant(Refused):
    status = 404
    type = NGSI_LD + "NonexistentTenant"
    title = "Tenant does not exist"


class MethodNotAllowed(Refused):
    status = 405
    type = OURS + "MethodNotAllowed"
    title = "Method not allowed"


class NotAcceptable(Refused):
    status = 406
    type = NGSI_LD + "InvalidRequest"
    title = "Not acceptable"


class AlreadyExists(Refused):
    status = 409
    type = NGSI_LD + "AlreadyExists"
    title = "Already exists"


class Conflict(Refused):
    status = 409
    type = OURS + "Conflict"
    title = "Changed by somebody else in the meantime"


class LengthRequired(Refused):
    status = 411
    type = NGSI_LD + "InvalidRequest"
    title = "Length required"


class PayloadTooLarge(Refused):
    status = 413
    type = OURS + "PayloadTooLarge"
    title = "Payload too large"


class UnsupportedMediaType(Refused):
    status = 415
    type = NGSI_LD + "InvalidRequest"
    title = "Unsupported media type"


class OperationNotSupported(Refused):
    status = 422
    type = NGSI_LD + "OperationNotSupported"
    title = "Operation not supported"


class TooManyRequests(Refused):
    status = 429
    type = OURS + "TooManyRequests"
    title = "Too many requests"


class Unreadable(RhineError):
    """A payload that cannot be understood; `reason` is a short stable word that quarantine groups by."""

    status = 400
    type = OURS + "Unreadable"
    title = "Payload cannot be read"

    def __init__(self, detail: str, *, reason: str, **extra: Any) -> None:
        super().__init__(detail, reason=reason, **extra)
        self.reason = reason


class Unavailable(RhineError):
    status = 503
    type = OURS + "Unavailable"
    title = "Temporarily unavailable"


class VocabularyUnavailable(Unavailable):
    status = 504
    type = NGSI_LD + "LdContextNotAvailable"
    title = "JSON-LD @context not available"
