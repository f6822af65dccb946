"""Situation reports that were released; the documents lie among the files of the log."""

TABLES = """
    CREATE TABLE situation_report (
        incident TEXT NOT NULL, number INTEGER NOT NULL, at_us INTEGER NOT NULL, body BLOB NOT NULL,
        PRIMARY KEY (incident, number)
    ) WITHOUT ROWID;
    CREATE TRIGGER situation_report_stays BEFORE UPDATE ON situation_report
        BEGIN SELECT RAISE(ABORT, 'a released report stays'); END;
    CREATE TRIGGER situation_report_kept BEFORE DELETE ON situation_report
        BEGIN SELECT RAISE(ABORT, 'a released report stays'); END;
    """
