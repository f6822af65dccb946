"""Logs, metrics and traces: one place that sets them up, plain names to use them by.

Logs are structlog events (`log.info("consumer_reset", stream=…, sequence=…)`): for people on a terminal, as JSON lines
where the output is not one. Metrics live in the Prometheus registry that `/metrics` prints.
"""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

REGISTRY = CollectorRegistry(auto_describe=True)


def logger(room: str) -> Any:
    """The log of a room."""
    return structlog.get_logger(room=room)


def counter(name: str, text: str, labels: tuple[str, ...] = ()) -> Counter:
    return Counter(f"rhinecloud_{name}", text, labels, registry=REGISTRY)


def gauge(name: str, text: str, labels: tuple[str, ...] = ()) -> Gauge:
    return Gauge(f"rhinecloud_{name}", text, labels, registry=REGISTRY)


def histogram(
    name: str, text: str, labels: tuple[str, ...] = (), buckets: tuple[float, ...] = Histogram.DEFAULT_BUCKETS
) -> Histogram:
    return Histogram(f"rhinecloud_{name}", text, labels, registry=REGISTRY, buckets=buckets)


def set_up_logs(verbose: bool = False) -> None:
    """Called once by the command line."""
    terminal = sys.stderr.isatty()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info if not terminal else structlog.processors.UnicodeDecoder(),
            structlog.dev.ConsoleRenderer() if terminal else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG if verbose else logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    shape = "%(asctime)s %(name)s %(levelname)s %(message)s"
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format=shape)
