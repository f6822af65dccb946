"""Words and tools that every room uses; no room's business.

In: nothing. Out: the information model, declarations, errors, time, units, settings, telemetry.
It must not know any other room. Here rooms import the files themselves (`from rhinecloud.base.model import Update`):
each is a vocabulary of its own, and a list of a hundred names would help nobody.
"""
