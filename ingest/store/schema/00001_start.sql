-- Times are UTC milliseconds since 1970, 0 unknown. Text and BIGINT only, so
-- that the same statements run on SQLite and PostgreSQL.

-- +goose Up

-- share is a folder that machines drop logs into.
CREATE TABLE share (
    path       TEXT PRIMARY KEY,
    kind       TEXT NOT NULL DEFAULT '', -- of file system, '' never seen
    reason     TEXT NOT NULL DEFAULT '',
    files      BIGINT NOT NULL DEFAULT 0,
    ignored    BIGINT NOT NULL DEFAULT 0,
    scanned_at BIGINT NOT NULL DEFAULT 0
);

-- drop_file is what is known of one name in a share; its earlier contents are
-- documents that say what replaced them.
CREATE TABLE drop_file (
    share      TEXT NOT NULL,
    name       TEXT NOT NULL, -- bytes that are no UTF-8 are escaped
    state      TEXT NOT NULL,
    reason     TEXT NOT NULL DEFAULT '',
    machine    TEXT NOT NULL DEFAULT '',
    sha256     TEXT NOT NULL DEFAULT '',
    bytes      BIGINT NOT NULL DEFAULT 0,
    stamp      TEXT NOT NULL DEFAULT '', -- size, times and identity of the file when it was read
    first_seen BIGINT NOT NULL,
    changed_at BIGINT NOT NULL, -- when state or reason last changed
    PRIMARY KEY (share, name)
);
CREATE INDEX drop_file_state ON drop_file (state);
CREATE INDEX drop_file_content ON drop_file (sha256);

-- document is what was read from one content for one machine, kept whole so
-- that it can be judged again by new rules.
CREATE TABLE document (
    sha256        TEXT NOT NULL,
    machine       TEXT NOT NULL, -- key of the machine its first snapshot is of
    share         TEXT NOT NULL,
    name          TEXT NOT NULL,
    bytes         BIGINT NOT NULL,
    read_at       BIGINT NOT NULL,
    incomplete    BIGINT NOT NULL DEFAULT 0,
    superseded_by TEXT NOT NULL DEFAULT '', -- content that begins with this one
    format        BIGINT NOT NULL,
    body          BLOB NOT NULL,
    PRIMARY KEY (sha256, machine)
);
CREATE INDEX document_read ON document (read_at);

-- snapshot finds the documents with snapshots of a machine.
CREATE TABLE snapshot (
    sha256    TEXT NOT NULL,
    delivered TEXT NOT NULL, -- document.machine
    ord       BIGINT NOT NULL,
    machine   TEXT NOT NULL, -- key of the machine it is of
    at        BIGINT NOT NULL,
    uptime    BIGINT NOT NULL, -- ms, -1 unknown
    PRIMARY KEY (sha256, delivered, ord)
);
CREATE INDEX snapshot_machine ON snapshot (machine, at);

-- machine is judged again whenever changed runs ahead of judged.
CREATE TABLE machine (
    machine    TEXT PRIMARY KEY, -- key: the name in upper case
    name       TEXT NOT NULL,
    changed    BIGINT NOT NULL,
    judged     BIGINT NOT NULL DEFAULT 0,
    first_seen BIGINT NOT NULL,
    last_seen  BIGINT NOT NULL,
    verdict    TEXT NOT NULL DEFAULT '',
    confidence DOUBLE PRECISION NOT NULL DEFAULT 0
);

-- case_file is one defect; revisions say what changed since.
CREATE TABLE case_file (
    id         TEXT PRIMARY KEY,
    signature  TEXT NOT NULL,
    verdict    TEXT NOT NULL,
    confidence DOUBLE PRECISION NOT NULL,
    title      TEXT NOT NULL,
    first_seen BIGINT NOT NULL,
    last_seen  BIGINT NOT NULL
);

CREATE TABLE case_machine (
    id         TEXT NOT NULL,
    machine    TEXT NOT NULL,
    first_seen BIGINT NOT NULL,
    last_seen  BIGINT NOT NULL,
    PRIMARY KEY (id, machine)
);

CREATE TABLE revision (
    id      TEXT NOT NULL,
    number  BIGINT NOT NULL,
    at      BIGINT NOT NULL,
    digest  TEXT NOT NULL, -- of everything a reader sees but the revision itself
    summary TEXT NOT NULL, -- JSON: the figures the next revision is compared with
    PRIMARY KEY (id, number)
);

-- output is a report file that is wanted, and whether it is on disk.
CREATE TABLE output (
    path       TEXT PRIMARY KEY, -- below the output folder, with forward slashes
    kind       TEXT NOT NULL,
    subject    TEXT NOT NULL DEFAULT '', -- case id
    wanted     BIGINT NOT NULL, -- revision that should be there
    written    BIGINT NOT NULL DEFAULT 0, -- revision that is
    sha256     TEXT NOT NULL DEFAULT '',
    reason     TEXT NOT NULL DEFAULT '',
    changed_at BIGINT NOT NULL
);
