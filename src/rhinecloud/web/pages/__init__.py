"""One file a page: a loader that gives a typed object, and the handler that renders it."""
