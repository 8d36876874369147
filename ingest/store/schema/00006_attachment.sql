-- +goose Up

-- attachment is one revision of a case in one ticket. The rows stay: they are what
-- keeps a revision from being added twice without asking the tracker.
CREATE TABLE attachment (
    id          TEXT NOT NULL, -- of the case
    signature   TEXT NOT NULL,
    revision    BIGINT NOT NULL,
    ticket      TEXT NOT NULL, -- URL
    state       TEXT NOT NULL,
    lease_until BIGINT NOT NULL,
    attempts    BIGINT NOT NULL DEFAULT 0,
    queued_at   BIGINT NOT NULL,
    next_at     BIGINT NOT NULL DEFAULT 0,
    error       TEXT NOT NULL DEFAULT '',
    comment     TEXT NOT NULL DEFAULT '', -- URL
    file        TEXT NOT NULL DEFAULT '', -- name of what was attached; '' nothing
    changed_at  BIGINT NOT NULL,
    PRIMARY KEY (signature, revision, ticket)
);
CREATE INDEX attachment_case ON attachment (id, ticket);
