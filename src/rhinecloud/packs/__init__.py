"""The city's domains, one folder each; a pack is found by its entry point and imports `rhinecloud.kit` alone.

In: the kit's words. Out: a `Pack` value named `PACK` in each folder. A pack must not know another pack, nor any room.
"""
