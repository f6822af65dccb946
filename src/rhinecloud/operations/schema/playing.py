"""What watches of running playbooks saw, and playbooks that alerts ask for."""

TABLES = """
    CREATE TABLE run_watch (
        run TEXT NOT NULL REFERENCES run, step TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (run, step)
    ) WITHOUT ROWID;
    CREATE TABLE playbook_offer (    -- an alert asks once, whatever becomes of it
        id INTEGER PRIMARY KEY, playbook TEXT NOT NULL, alert TEXT NOT NULL, rule TEXT NOT NULL, type TEXT NOT NULL,
        made_us INTEGER NOT NULL, state TEXT NOT NULL, incident TEXT NOT NULL DEFAULT '', ended_us INTEGER,
        who TEXT NOT NULL DEFAULT '', reason TEXT NOT NULL DEFAULT '', UNIQUE (playbook, alert)
    );
    CREATE INDEX playbook_offer_open ON playbook_offer (made_us) WHERE state = 'open';
    """
