"""Drills, in a tenant that is for nothing else."""

TABLES = """
    CREATE TABLE drill (
        id INTEGER PRIMARY KEY, title TEXT NOT NULL, started_us INTEGER NOT NULL, ended_us INTEGER, who TEXT NOT NULL,
        paused_us INTEGER, held_us INTEGER NOT NULL DEFAULT 0, body BLOB NOT NULL
    );
    CREATE UNIQUE INDEX drill_one ON drill (ended_us IS NULL) WHERE ended_us IS NULL;
    CREATE TABLE drill_inject (
        drill INTEGER NOT NULL REFERENCES drill, id TEXT NOT NULL, state TEXT NOT NULL, after_us INTEGER NOT NULL,
        done_us INTEGER, who TEXT NOT NULL DEFAULT '', result TEXT NOT NULL DEFAULT '', PRIMARY KEY (drill, id)
    ) WITHOUT ROWID;
    """
