"""DATEX II about parking: publications read in all the forms that suppliers use, and written in the current one."""

from .reading import is_datex2, read

__all__ = ["is_datex2", "read"]
