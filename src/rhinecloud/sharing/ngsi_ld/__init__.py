"""NGSI-LD over HTTP: the API of ETSI GS CIM 009, clause 6."""

from __future__ import annotations

from .router import NgsiLd

__all__ = ["NgsiLd"]
