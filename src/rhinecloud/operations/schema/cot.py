"""Links to TAK servers, what of theirs became what of ours, and what was not taken."""

TABLES = """
    CREATE TABLE cot_link (id TEXT PRIMARY KEY, version INTEGER NOT NULL, body BLOB NOT NULL) WITHOUT ROWID;
    CREATE TABLE cot_known (
        link TEXT NOT NULL, uid TEXT NOT NULL, what TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (link, uid)
    ) WITHOUT ROWID;
    CREATE TABLE cot_refused (
        id INTEGER PRIMARY KEY AUTOINCREMENT, link TEXT NOT NULL, at_us INTEGER NOT NULL, reason TEXT NOT NULL,
        body TEXT NOT NULL
    );
    """
