"""Versions of what is declared, alarm plans in use, what waits for a person, who is on duty, the staffs."""

TABLES = """
    CREATE TABLE declared (           -- every version of a thing or a unit, also of one that was taken away since
        kind TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, at_us INTEGER NOT NULL, who TEXT NOT NULL,
        name TEXT NOT NULL, body BLOB,   -- NULL: this version took it away
        PRIMARY KEY (kind, id, version)
    ) WITHOUT ROWID;
    INSERT INTO declared SELECT kind, id, version, 0, '', '', body FROM thing;
    INSERT INTO declared SELECT 'unit', id, version, 0, '', '', body FROM unit;

    ALTER TABLE need ADD COLUMN instead TEXT NOT NULL DEFAULT '';   -- what will do in its place, best first, by comma
    ALTER TABLE need ADD COLUMN agency TEXT NOT NULL DEFAULT '';    -- whose units; '': anybody's
    ALTER TABLE need ADD COLUMN plan TEXT NOT NULL DEFAULT '';      -- the alarm plan that asked for it
    ALTER TABLE need ADD COLUMN level INTEGER NOT NULL DEFAULT 0;
    CREATE TABLE alarm_level (
        incident TEXT PRIMARY KEY, level INTEGER NOT NULL, automatic_us INTEGER   -- when units were last sent by itself
    ) WITHOUT ROWID;
    CREATE TABLE plan_use (           -- which version of which plan asked for what: the record of a dispatch
        id INTEGER PRIMARY KEY, incident TEXT NOT NULL, plan TEXT NOT NULL, version INTEGER NOT NULL,
        level INTEGER NOT NULL, at_us INTEGER NOT NULL, who TEXT NOT NULL, name TEXT NOT NULL, body BLOB NOT NULL
    );
    CREATE INDEX plan_use_of ON plan_use (incident, id);
    CREATE TABLE escalation (         -- a need whose unit declined or said nothing
        assignment INTEGER PRIMARY KEY, incident TEXT NOT NULL, need INTEGER, unit TEXT NOT NULL, why TEXT NOT NULL,
        made_us INTEGER NOT NULL, state TEXT NOT NULL,   -- sent: the next best went; person: waits; taken; over
        steps INTEGER NOT NULL, due_us INTEGER, told TEXT NOT NULL, body TEXT NOT NULL,
        taken_us INTEGER, taken_by TEXT NOT NULL DEFAULT ''
    );
    CREATE INDEX escalation_of ON escalation (incident);
    CREATE INDEX escalation_waits ON escalation (due_us) WHERE state = 'person';

    CREATE TABLE duty (
        id INTEGER PRIMARY KEY, post TEXT NOT NULL, agency TEXT NOT NULL, start_us INTEGER NOT NULL,
        end_us INTEGER NOT NULL, version INTEGER NOT NULL, body BLOB NOT NULL
    );
    CREATE INDEX duty_when ON duty (end_us, start_us);
    CREATE TABLE staff (              -- who has which function of a staff in an incident, and had it before
        id INTEGER PRIMARY KEY, incident TEXT NOT NULL, function TEXT NOT NULL, person TEXT NOT NULL,
        name TEXT NOT NULL, agency TEXT NOT NULL, reach TEXT NOT NULL, since_us INTEGER NOT NULL, until_us INTEGER,
        by TEXT NOT NULL
    );
    CREATE INDEX staff_of ON staff (incident, until_us);
    CREATE TABLE convened (           -- a staff that was called together for an incident
        id INTEGER PRIMARY KEY, incident TEXT NOT NULL, staff TEXT NOT NULL, reason TEXT NOT NULL,
        since_us INTEGER NOT NULL, until_us INTEGER, by TEXT NOT NULL
    );
    CREATE UNIQUE INDEX convened_one ON convened (incident, staff) WHERE until_us IS NULL;
    """
