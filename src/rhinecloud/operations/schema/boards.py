"""What boards and lists need: an index of words and marks to find incidents by; what a hasty hand may take back."""

TABLES = """
    CREATE VIRTUAL TABLE incident_found USING fts5 (words, marks, detail=column, prefix='2 3');
    INSERT INTO incident_found (rowid, words, marks)
        SELECT num, t.words,
            's' || hex(state) || ' t' || hex(type) || ' v' || severity || ' x' || exercise || ' o' || is_over
            || ' m' || strftime('%Y%m', reported_us / 1000000, 'unixepoch')
            || coalesce((SELECT group_concat(' a' || hex(agency), '') FROM participant p
                         WHERE p.incident = incident.id), '')
        FROM incident JOIN incident_text t ON t.rowid = num;
    DROP TABLE incident_text;
    CREATE TABLE deed (              -- what somebody did at the command line, with what it was before and after
        id INTEGER PRIMARY KEY, who TEXT NOT NULL, at_us INTEGER NOT NULL, until_us INTEGER NOT NULL,
        undone_us INTEGER, body BLOB NOT NULL
    );
    """
