"""Messages, decisions, requests, tasks, handovers, files. What they say stands in the log alone, under the number `seq`
of its entry: whoever may not read that entry does not know of them, and what is erased there is erased here.
"""

TABLES = """
    CREATE INDEX log_correction ON log_entry (incident)
        WHERE iif(json_valid(header), json_extract(header, '$.kind'), '') = 'correction';
    CREATE TABLE log_file (           -- files that belong to an entry; they lie in the tenant's folder by their hash
        incident TEXT NOT NULL, seq INTEGER NOT NULL, sha256 TEXT NOT NULL, PRIMARY KEY (incident, seq, sha256)
    ) WITHOUT ROWID;
    CREATE INDEX log_file_by_hash ON log_file (sha256);
    CREATE TABLE file_gone (sha256 TEXT PRIMARY KEY) WITHOUT ROWID;   -- erased; still to be taken from the folder
    CREATE TABLE said (               -- what was asked for with a key of its own is done once, however often it comes
        who TEXT NOT NULL, key TEXT NOT NULL, id INTEGER NOT NULL, at_us INTEGER NOT NULL, PRIMARY KEY (who, key)
    ) WITHOUT ROWID;

    CREATE TABLE message (
        id INTEGER PRIMARY KEY, incident TEXT NOT NULL, number INTEGER NOT NULL, seq INTEGER NOT NULL,
        direction TEXT NOT NULL, priority INTEGER NOT NULL, taken_us INTEGER NOT NULL, due_us INTEGER,
        sighted_us INTEGER, sighted_by TEXT NOT NULL DEFAULT '', UNIQUE (incident, number)
    );
    CREATE INDEX message_unsighted ON message (incident, priority) WHERE sighted_us IS NULL;
    CREATE INDEX message_due ON message (due_us) WHERE due_us IS NOT NULL;
    CREATE TABLE message_copy (       -- a function that a message was given to
        message INTEGER NOT NULL REFERENCES message, function TEXT NOT NULL, action INTEGER NOT NULL,
        sent_us INTEGER NOT NULL, seen_us INTEGER, seen_by TEXT NOT NULL DEFAULT '', PRIMARY KEY (message, function)
    ) WITHOUT ROWID;
    CREATE INDEX message_copy_to ON message_copy (function, message);

    CREATE TABLE decision (
        id INTEGER PRIMARY KEY, incident TEXT NOT NULL, number INTEGER NOT NULL, seq INTEGER NOT NULL,
        made_us INTEGER NOT NULL, pinned INTEGER NOT NULL, replaced_by INTEGER, UNIQUE (incident, number)
    );

    CREATE TABLE request (            -- between agencies
        id INTEGER PRIMARY KEY, incident TEXT NOT NULL, number INTEGER NOT NULL, seq INTEGER NOT NULL,
        asking TEXT NOT NULL, asked TEXT NOT NULL, state TEXT NOT NULL, made_us INTEGER NOT NULL, due_us INTEGER,
        is_late INTEGER NOT NULL DEFAULT 0, version INTEGER NOT NULL, UNIQUE (incident, number)
    );
    CREATE INDEX request_due ON request (due_us) WHERE due_us IS NOT NULL AND is_late = 0;
    CREATE TABLE request_step (
        request INTEGER NOT NULL REFERENCES request, version INTEGER NOT NULL, state TEXT NOT NULL,
        seq INTEGER NOT NULL, at_us INTEGER NOT NULL, who TEXT NOT NULL, PRIMARY KEY (request, version)
    ) WITHOUT ROWID;

    CREATE TABLE task (
        id INTEGER PRIMARY KEY, incident TEXT NOT NULL, number INTEGER NOT NULL, seq INTEGER NOT NULL,
        owner TEXT NOT NULL, state TEXT NOT NULL, made_us INTEGER NOT NULL, due_us INTEGER,
        is_late INTEGER NOT NULL DEFAULT 0, ended_us INTEGER, ended_by TEXT NOT NULL DEFAULT '', end_seq INTEGER,
        version INTEGER NOT NULL, UNIQUE (incident, number)
    );
    CREATE INDEX task_due ON task (due_us) WHERE state = 'open' AND is_late = 0 AND due_us IS NOT NULL;

    CREATE TABLE handover (
        id INTEGER PRIMARY KEY, incident TEXT NOT NULL, number INTEGER NOT NULL, seq INTEGER NOT NULL,
        giver TEXT NOT NULL, function TEXT NOT NULL, given_us INTEGER NOT NULL, state TEXT NOT NULL,
        taker TEXT NOT NULL DEFAULT '', taken_us INTEGER, taken_seq INTEGER, UNIQUE (incident, number)
    );
    """
