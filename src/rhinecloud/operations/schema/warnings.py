"""Warnings of our own, as chains of messages, with who approved which bytes; CAP messages of others."""

TABLES = """
    CREATE TABLE warning (            -- a chain: alert, updates, cancel
        id TEXT PRIMARY KEY, number TEXT NOT NULL UNIQUE, incident TEXT NOT NULL, agency TEXT NOT NULL,
        status TEXT NOT NULL, state TEXT NOT NULL, made_us INTEGER NOT NULL, changed_us INTEGER NOT NULL,
        expires_us INTEGER, ended_us INTEGER, title TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX warning_made ON warning (made_us);
    CREATE INDEX warning_incident ON warning (incident) WHERE incident <> '';
    CREATE INDEX warning_in_force ON warning (expires_us) WHERE state = 'in-force';
    CREATE TABLE warning_message (
        id INTEGER PRIMARY KEY, warning TEXT NOT NULL REFERENCES warning, place INTEGER NOT NULL, state TEXT NOT NULL,
        version INTEGER NOT NULL, draft BLOB NOT NULL, saved_us INTEGER NOT NULL, saved_by TEXT NOT NULL,
        saved_name TEXT NOT NULL,
        identifier TEXT UNIQUE, cap BLOB, digest TEXT, submitted_us INTEGER, submitted_by TEXT, submitted_name TEXT,
        signed BLOB, published_us INTEGER, published_by TEXT, published_name TEXT, UNIQUE (warning, place)
    );
    CREATE UNIQUE INDEX warning_message_one_open ON warning_message (warning) WHERE state IN ('draft', 'submitted');
    CREATE TRIGGER warning_message_stays BEFORE UPDATE ON warning_message WHEN OLD.state = 'published'
        BEGIN SELECT RAISE(ABORT, 'a published warning stays as it is'); END;
    CREATE TRIGGER warning_message_kept BEFORE DELETE ON warning_message
        BEGIN SELECT RAISE(ABORT, 'a warning is not deleted'); END;
    CREATE TABLE warning_look (       -- what a second person said of exactly these bytes
        id INTEGER PRIMARY KEY, message INTEGER NOT NULL REFERENCES warning_message, digest TEXT NOT NULL,
        approves INTEGER NOT NULL, who TEXT NOT NULL, name TEXT NOT NULL, at_us INTEGER NOT NULL, note TEXT NOT NULL
    );
    CREATE INDEX warning_look_of ON warning_look (message, digest);
    CREATE TRIGGER warning_look_stays BEFORE UPDATE ON warning_look
        BEGIN SELECT RAISE(ABORT, 'an approval stays as it is'); END;
    CREATE TRIGGER warning_look_kept BEFORE DELETE ON warning_look
        BEGIN SELECT RAISE(ABORT, 'an approval stays as it is'); END;
    CREATE TABLE warning_handover (   -- given on by hand to a system that we cannot reach
        id INTEGER PRIMARY KEY, warning TEXT NOT NULL REFERENCES warning, message INTEGER NOT NULL,
        system TEXT NOT NULL, at_us INTEGER NOT NULL, who TEXT NOT NULL, name TEXT NOT NULL, receiver TEXT NOT NULL,
        outcome TEXT NOT NULL,
        reference TEXT NOT NULL, note TEXT NOT NULL, fields BLOB NOT NULL
    );
    CREATE INDEX warning_handover_of ON warning_handover (warning);
    CREATE TABLE warning_paper (      -- the city's profile and its templates, each version kept
        kind TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, saved_us INTEGER NOT NULL, who TEXT NOT NULL,
        body BLOB NOT NULL, PRIMARY KEY (kind, id, version)
    ) WITHOUT ROWID;

    CREATE TABLE cap_received (       -- messages of others, as they came
        id INTEGER PRIMARY KEY, sender TEXT NOT NULL, identifier TEXT NOT NULL, sent TEXT NOT NULL,
        sent_us INTEGER NOT NULL, digest TEXT NOT NULL, source TEXT NOT NULL, name TEXT NOT NULL,
        received_us INTEGER NOT NULL, received_by TEXT NOT NULL, status TEXT NOT NULL, msg_type TEXT NOT NULL,
        severity INTEGER NOT NULL, state TEXT NOT NULL, here INTEGER NOT NULL, expires_us INTEGER, seen_us INTEGER,
        seen_by TEXT NOT NULL DEFAULT '', headline TEXT NOT NULL, body BLOB NOT NULL, raw BLOB NOT NULL,
        UNIQUE (sender, identifier, sent)
    );
    CREATE INDEX cap_received_sent ON cap_received (sent_us);
    CREATE INDEX cap_received_here ON cap_received (here, sent_us);
    CREATE INDEX cap_received_live ON cap_received (state, expires_us);
    CREATE VIRTUAL TABLE cap_text USING fts5 (words, prefix='2 3');
    CREATE TABLE cap_reference (      -- which message refers to which: also to some that have not come yet
        sender TEXT NOT NULL, identifier TEXT NOT NULL, sent TEXT NOT NULL, by INTEGER NOT NULL,
        PRIMARY KEY (sender, identifier, sent, by)
    ) WITHOUT ROWID;
    CREATE TABLE cap_incident (received INTEGER NOT NULL, incident TEXT NOT NULL, PRIMARY KEY (received, incident))
        WITHOUT ROWID;
    CREATE TABLE cap_refused (        -- what could not be taken in, with its bytes and the reason
        id INTEGER PRIMARY KEY, digest TEXT NOT NULL, source TEXT NOT NULL, name TEXT NOT NULL,
        received_us INTEGER NOT NULL, received_by TEXT NOT NULL, times INTEGER NOT NULL DEFAULT 1,
        last_us INTEGER NOT NULL, reason TEXT NOT NULL, detail TEXT NOT NULL, closed_us INTEGER,
        closed_by TEXT NOT NULL DEFAULT '', outcome TEXT NOT NULL DEFAULT '', raw BLOB NOT NULL, UNIQUE (digest, source)
    );
    CREATE INDEX cap_refused_open ON cap_refused (received_us) WHERE closed_us IS NULL;
    CREATE TABLE cap_feed (
        id TEXT PRIMARY KEY, version INTEGER NOT NULL, body BLOB NOT NULL, asked_us INTEGER NOT NULL DEFAULT 0,
        answered_us INTEGER NOT NULL DEFAULT 0, failures INTEGER NOT NULL DEFAULT 0, error TEXT NOT NULL DEFAULT '',
        etag TEXT NOT NULL DEFAULT '', modified TEXT NOT NULL DEFAULT '', taken INTEGER NOT NULL DEFAULT 0,
        refused INTEGER NOT NULL DEFAULT 0
    ) WITHOUT ROWID;
    """
