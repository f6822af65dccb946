"""Drawings on the common picture, with all that they ever were."""

TABLES = """
    CREATE TABLE drawing (
        id TEXT PRIMARY KEY, incident TEXT NOT NULL, agency TEXT NOT NULL, version INTEGER NOT NULL,
        shared INTEGER NOT NULL, removed_us INTEGER, body BLOB NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX drawing_of ON drawing (incident);
    CREATE TABLE drawing_version (
        drawing TEXT NOT NULL, version INTEGER NOT NULL, incident TEXT NOT NULL, at_us INTEGER NOT NULL,
        body BLOB NOT NULL, PRIMARY KEY (drawing, version)
    ) WITHOUT ROWID;
    CREATE INDEX drawing_version_of ON drawing_version (incident, at_us);
    CREATE TRIGGER drawing_version_stays BEFORE UPDATE ON drawing_version
        BEGIN SELECT RAISE(ABORT, 'what was drawn stays'); END;
    CREATE TRIGGER drawing_version_kept BEFORE DELETE ON drawing_version
        BEGIN SELECT RAISE(ABORT, 'what was drawn stays'); END;
    """
