"""What is told to whom, on which way, and what became of it; who is on a unit; what systems of agencies asked."""

TABLES = """
    CREATE TABLE told (               -- what was handed over to be told; `key` makes it one, however often it is given
        id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, about TEXT NOT NULL, subject TEXT NOT NULL,
        incident TEXT NOT NULL, priority INTEGER NOT NULL, exercise INTEGER NOT NULL, made_us INTEGER NOT NULL,
        made_by TEXT NOT NULL, spread INTEGER NOT NULL DEFAULT 0, stage INTEGER NOT NULL DEFAULT 0, climb_us INTEGER,
        ended_us INTEGER, body BLOB NOT NULL
    );
    CREATE INDEX told_spread ON told (id) WHERE spread = 0;
    CREATE INDEX told_climb ON told (climb_us) WHERE climb_us IS NOT NULL;
    CREATE INDEX told_incident ON told (incident, id) WHERE incident <> '';
    CREATE INDEX told_subject ON told (about, subject);
    CREATE INDEX told_made ON told (about, made_us);
    CREATE TABLE told_reader (agency TEXT NOT NULL, told INTEGER NOT NULL, PRIMARY KEY (agency, told)) WITHOUT ROWID;
    CREATE TABLE told_file (sha256 TEXT PRIMARY KEY, body BLOB NOT NULL);
    CREATE TABLE delivery (           -- one message to one recipient on one way
        num INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, told INTEGER NOT NULL REFERENCES told,
        recipient TEXT NOT NULL, way INTEGER, channel TEXT NOT NULL, address TEXT NOT NULL, language TEXT NOT NULL,
        line TEXT NOT NULL,           -- what shares a queue: an endpoint, a device, the mail server
        priority INTEGER NOT NULL, state TEXT NOT NULL, made_us INTEGER NOT NULL,
        next_us INTEGER,              -- when it is tried next; NULL: not by itself
        begun_us INTEGER,             -- an attempt whose outcome is not known yet
        attempts INTEGER NOT NULL DEFAULT 0,
        doubts INTEGER NOT NULL DEFAULT 0,   -- attempts whose outcome nobody will know: it may have arrived more often
        sent_us INTEGER, received_us INTEGER, read_us INTEGER, answered_us INTEGER,
        answered_by TEXT NOT NULL DEFAULT '', reason TEXT NOT NULL DEFAULT '', code TEXT NOT NULL DEFAULT '',
        reference TEXT NOT NULL DEFAULT ''   -- the channel's own name for it: of the command, of the mail
    );
    CREATE INDEX delivery_due ON delivery (next_us) WHERE next_us IS NOT NULL;
    CREATE INDEX delivery_begun ON delivery (begun_us) WHERE begun_us IS NOT NULL;
    CREATE INDEX delivery_of ON delivery (told, recipient);
    CREATE INDEX delivery_recipient ON delivery (recipient, num);
    CREATE INDEX delivery_made ON delivery (made_us);
    CREATE INDEX delivery_state ON delivery (state, num);
    CREATE INDEX delivery_reference ON delivery (reference) WHERE reference <> '';
    CREATE INDEX delivery_code ON delivery (code) WHERE code <> '';
    CREATE TABLE delivery_attempt (
        delivery TEXT NOT NULL, number INTEGER NOT NULL, begun_us INTEGER NOT NULL, ended_us INTEGER,
        outcome TEXT NOT NULL DEFAULT '', detail TEXT NOT NULL DEFAULT '', PRIMARY KEY (delivery, number)
    ) WITHOUT ROWID;
    CREATE TABLE way (                -- how somebody is reached
        id INTEGER PRIMARY KEY AUTOINCREMENT, version INTEGER NOT NULL, recipient TEXT NOT NULL, agency TEXT NOT NULL,
        channel TEXT NOT NULL, active INTEGER NOT NULL, exercise INTEGER NOT NULL, secret TEXT NOT NULL,
        body BLOB NOT NULL
    );
    CREATE INDEX way_of ON way (recipient) WHERE active = 1;
    CREATE TABLE line (               -- a way that does not work now: what waits on it waits together
        name TEXT PRIMARY KEY, failures INTEGER NOT NULL, until_us INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE crew (person TEXT PRIMARY KEY, unit TEXT NOT NULL REFERENCES unit, since_us INTEGER NOT NULL)
        WITHOUT ROWID;
    CREATE TABLE asked_once (         -- an action that a system asked for: replayed, it is answered as before
        who TEXT NOT NULL, key TEXT NOT NULL, digest TEXT NOT NULL, status INTEGER NOT NULL, body BLOB NOT NULL,
        at_us INTEGER NOT NULL, PRIMARY KEY (who, key)
    ) WITHOUT ROWID;
    CREATE INDEX asked_once_at ON asked_once (at_us);
    """
