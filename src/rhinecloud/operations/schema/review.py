"""What was measured in incidents that are over, and findings of reviews."""

TABLES = """
    CREATE TABLE measured (
        incident TEXT NOT NULL, interval TEXT NOT NULL, unit TEXT NOT NULL, started_us INTEGER, ended_us INTEGER,
        seconds REAL, target_s REAL, type TEXT NOT NULL, district TEXT NOT NULL, hour INTEGER NOT NULL,
        reported_us INTEGER NOT NULL, exercise INTEGER NOT NULL, excluded TEXT NOT NULL
    );
    CREATE INDEX measured_of ON measured (incident);
    CREATE INDEX measured_when ON measured (reported_us, exercise, excluded, interval, seconds, target_s);
    CREATE TABLE finding (
        id INTEGER PRIMARY KEY, incident TEXT NOT NULL, number INTEGER NOT NULL, state TEXT NOT NULL,
        due_us INTEGER NOT NULL, body BLOB NOT NULL, UNIQUE (incident, number)
    );
    CREATE INDEX finding_open ON finding (due_us) WHERE state IN ('open', 'under-way');
    """
