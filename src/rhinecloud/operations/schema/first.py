"""Incidents, units, assignments, the log, running playbooks, the news."""

TABLES = """
    CREATE TABLE thing (              -- agencies, kinds of unit, types of incident, barriers, zones: small documents
        kind TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (kind, id)
    ) WITHOUT ROWID;
    CREATE TABLE unit (
        id TEXT PRIMARY KEY, agency TEXT NOT NULL, version INTEGER NOT NULL, status TEXT NOT NULL,
        status_us INTEGER NOT NULL, unusual INTEGER NOT NULL, body BLOB NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE status_report (
        id INTEGER PRIMARY KEY, unit TEXT NOT NULL REFERENCES unit, digit TEXT NOT NULL, at_us INTEGER NOT NULL,
        received_us INTEGER NOT NULL, source TEXT NOT NULL, who TEXT NOT NULL, unusual INTEGER NOT NULL,
        late INTEGER NOT NULL, key TEXT UNIQUE   -- of the message that brought it: the same one twice counts once
    );
    CREATE INDEX status_report_unit ON status_report (unit, at_us);
    CREATE TABLE speech (
        id INTEGER PRIMARY KEY, unit TEXT NOT NULL REFERENCES unit, digit TEXT NOT NULL, urgent INTEGER NOT NULL,
        asked_us INTEGER NOT NULL, times INTEGER NOT NULL DEFAULT 1, answered_us INTEGER,
        answered_by TEXT NOT NULL DEFAULT ''
    );
    CREATE UNIQUE INDEX speech_open ON speech (unit, digit) WHERE answered_us IS NULL;

    CREATE TABLE incident (
        num INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, number TEXT NOT NULL UNIQUE,
        version INTEGER NOT NULL, type TEXT NOT NULL, state TEXT NOT NULL, is_over INTEGER NOT NULL,
        severity INTEGER NOT NULL, exercise INTEGER NOT NULL, parent TEXT NOT NULL, reported_us INTEGER NOT NULL,
        lon REAL, lat REAL, body BLOB NOT NULL
    );
    CREATE INDEX incident_reported ON incident (reported_us);
    CREATE INDEX incident_open ON incident (reported_us) WHERE is_over = 0;
    CREATE INDEX incident_state ON incident (state, reported_us);
    CREATE INDEX incident_parent ON incident (parent) WHERE parent <> '';
    CREATE VIRTUAL TABLE incident_text USING fts5 (words, prefix='2 3');
    CREATE TABLE participant (agency TEXT NOT NULL, incident TEXT NOT NULL, PRIMARY KEY (agency, incident))
        WITHOUT ROWID;
    CREATE INDEX participant_of ON participant (incident, agency);
    CREATE TABLE incident_change (   -- which field became what, by whom: what a conflict is explained with
        incident TEXT NOT NULL, version INTEGER NOT NULL, at_us INTEGER NOT NULL, who TEXT NOT NULL,
        name TEXT NOT NULL, fields BLOB NOT NULL, PRIMARY KEY (incident, version)
    ) WITHOUT ROWID;
    CREATE TABLE incident_step (
        id INTEGER PRIMARY KEY, incident TEXT NOT NULL, step TEXT NOT NULL, before TEXT NOT NULL,
        after TEXT NOT NULL, at_us INTEGER NOT NULL, who TEXT NOT NULL, reason TEXT NOT NULL
    );
    CREATE INDEX incident_step_of ON incident_step (incident, id);
    CREATE TABLE incident_alert (alert TEXT NOT NULL, incident TEXT NOT NULL, PRIMARY KEY (alert, incident))
        WITHOUT ROWID;

    CREATE TABLE log_head (
        incident TEXT PRIMARY KEY, seq INTEGER NOT NULL, hash TEXT NOT NULL, keeper TEXT NOT NULL DEFAULT '',
        keeper_name TEXT NOT NULL DEFAULT '', kept_us INTEGER
    ) WITHOUT ROWID;
    CREATE TABLE log_entry (
        incident TEXT NOT NULL, seq INTEGER NOT NULL, header TEXT NOT NULL, hash TEXT NOT NULL,
        PRIMARY KEY (incident, seq)
    ) WITHOUT ROWID;
    CREATE TABLE log_payload (       -- apart from the entry, so that it can be erased
        incident TEXT NOT NULL, seq INTEGER NOT NULL, salt TEXT, body TEXT, erased_us INTEGER,
        PRIMARY KEY (incident, seq)
    ) WITHOUT ROWID;
    CREATE TABLE log_chain (         -- every head of every log of the tenant, in one chain
        number INTEGER PRIMARY KEY, incident TEXT NOT NULL, seq INTEGER NOT NULL, head TEXT NOT NULL,
        prev TEXT NOT NULL, hash TEXT NOT NULL
    );
    CREATE INDEX log_chain_of ON log_chain (incident, seq);
    CREATE TRIGGER log_entry_stays BEFORE UPDATE ON log_entry BEGIN SELECT RAISE(ABORT, 'a log entry stays'); END;
    CREATE TRIGGER log_entry_kept BEFORE DELETE ON log_entry BEGIN SELECT RAISE(ABORT, 'a log entry stays'); END;
    CREATE TRIGGER log_chain_stays BEFORE UPDATE ON log_chain BEGIN SELECT RAISE(ABORT, 'a log entry stays'); END;
    CREATE TRIGGER log_chain_kept BEFORE DELETE ON log_chain BEGIN SELECT RAISE(ABORT, 'a log entry stays'); END;
    CREATE TRIGGER log_payload_kept BEFORE DELETE ON log_payload BEGIN SELECT RAISE(ABORT, 'a log entry stays'); END;
    CREATE TRIGGER log_payload_stays BEFORE UPDATE ON log_payload WHEN NEW.body IS NOT NULL OR OLD.body IS NULL
        BEGIN SELECT RAISE(ABORT, 'a log entry can only be erased'); END;

    CREATE TABLE need (
        id INTEGER PRIMARY KEY, incident TEXT NOT NULL, capability TEXT NOT NULL, count INTEGER NOT NULL,
        section TEXT NOT NULL, within_s REAL NOT NULL, made_us INTEGER NOT NULL, withdrawn_us INTEGER
    );
    CREATE INDEX need_of ON need (incident);
    CREATE TABLE proposal (
        id INTEGER PRIMARY KEY, at_us INTEGER NOT NULL, who TEXT NOT NULL, incidents TEXT NOT NULL, body BLOB NOT NULL
    );
    CREATE TABLE assignment (
        id INTEGER PRIMARY KEY, unit TEXT NOT NULL REFERENCES unit, incident TEXT NOT NULL, need INTEGER,
        section TEXT NOT NULL, state TEXT NOT NULL, made_us INTEGER NOT NULL, made_by TEXT NOT NULL,
        deviation TEXT NOT NULL, due_us INTEGER, alerted_us INTEGER, sent_us INTEGER, received_us INTEGER,
        read_us INTEGER, answered_us INTEGER, answered_by TEXT NOT NULL DEFAULT '', closed_us INTEGER,
        reason TEXT NOT NULL DEFAULT ''
    );
    CREATE UNIQUE INDEX assignment_one_open ON assignment (unit) WHERE closed_us IS NULL;
    CREATE INDEX assignment_of ON assignment (incident);
    CREATE INDEX assignment_due ON assignment (due_us) WHERE due_us IS NOT NULL;

    CREATE TABLE playbook (
        id TEXT NOT NULL, version INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (id, version)
    ) WITHOUT ROWID;
    CREATE TABLE run (
        id TEXT PRIMARY KEY, incident TEXT NOT NULL, playbook TEXT NOT NULL, version INTEGER NOT NULL,
        started_us INTEGER NOT NULL, ended_us INTEGER
    ) WITHOUT ROWID;
    CREATE UNIQUE INDEX run_one ON run (incident, playbook) WHERE ended_us IS NULL;
    CREATE TABLE run_step (
        run TEXT NOT NULL REFERENCES run, step TEXT NOT NULL, state TEXT NOT NULL, due_us INTEGER,
        is_late INTEGER NOT NULL, act INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (run, step)
    ) WITHOUT ROWID;
    CREATE INDEX run_step_due ON run_step (due_us) WHERE state = 'open' AND is_late = 0 AND due_us IS NOT NULL;
    CREATE INDEX run_step_act ON run_step (act) WHERE act = 1;

    CREATE TABLE news (
        number INTEGER PRIMARY KEY AUTOINCREMENT, what TEXT NOT NULL, incident TEXT NOT NULL, body BLOB NOT NULL
    );
    CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
    """
