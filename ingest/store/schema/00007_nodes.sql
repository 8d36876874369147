-- What the processes that share a history on a database server know of each other.
-- Times are by the server's clock. On SQLite there is one process, and nothing here.

-- +goose Up

-- node is a process that works on the history, heard of as long as it beats.
CREATE TABLE node (
    id         TEXT PRIMARY KEY,
    host       TEXT NOT NULL,
    role       TEXT NOT NULL, -- the command: watch, work
    version    TEXT NOT NULL, -- of the program, as it names itself
    started_at BIGINT NOT NULL,
    beat_at    BIGINT NOT NULL
);

-- lease says which node alone does something, for as long as it is heard of.
CREATE TABLE lease (
    name TEXT PRIMARY KEY,
    node TEXT NOT NULL
);

-- outcome is what came of a drop that another process read, until the watcher of its
-- share has taken notice.
CREATE TABLE outcome (
    share   TEXT NOT NULL,
    name    TEXT NOT NULL,
    stamp   TEXT NOT NULL, -- as in drop_file
    sha256  TEXT NOT NULL,
    reason  TEXT NOT NULL, -- why it has to be read again, when it is not settled
    settled BIGINT NOT NULL,
    PRIMARY KEY (share, name, stamp)
);
