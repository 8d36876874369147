-- +goose Up

-- install is what this installation is called in the Message-IDs of its mails.
CREATE TABLE install (
    one BIGINT PRIMARY KEY, -- always 1
    id  TEXT NOT NULL
);

-- period is one mail of a series: a week, or a revision of a case. What it tells is
-- frozen before anything is sent. Its key alone makes it unique, so that a change of
-- the zone makes no second mail of a week.
CREATE TABLE period (
    series     TEXT NOT NULL,
    key        TEXT NOT NULL, -- "2026-W47"
    zone       TEXT NOT NULL,
    state      TEXT NOT NULL,
    from_at    BIGINT NOT NULL,
    to_at      BIGINT NOT NULL,
    dated      BIGINT NOT NULL, -- the mail's Date
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (series, key)
);

-- period_document is a document that a period counts: one of a series, and no other.
CREATE TABLE period_document (
    series  TEXT NOT NULL,
    sha256  TEXT NOT NULL,
    machine TEXT NOT NULL, -- document.machine
    key     TEXT NOT NULL,
    PRIMARY KEY (series, sha256, machine)
);
CREATE INDEX period_document_key ON period_document (series, key);

-- period_case is how a case stood then, for the next period to compare with. It goes
-- with the case, as the summary may name its machines.
CREATE TABLE period_case (
    series  TEXT NOT NULL,
    key     TEXT NOT NULL,
    id      TEXT NOT NULL,
    summary TEXT NOT NULL, -- JSON
    PRIMARY KEY (series, key, id)
);

-- blob is the text of a mail, but its Message-ID, for as long as it may be sent.
CREATE TABLE blob (
    sha256 TEXT PRIMARY KEY,
    body   BLOB NOT NULL
);

-- outbox is one mail to one recipient. The rows stay: they are what keeps a mail
-- from being sent twice.
CREATE TABLE outbox (
    series      TEXT NOT NULL,
    key         TEXT NOT NULL,
    recipient   TEXT NOT NULL,
    sender      TEXT NOT NULL,
    message_id  TEXT NOT NULL,
    sha256      TEXT NOT NULL, -- of the text; '' taken back, to be made again
    small       TEXT NOT NULL, -- of the text for a server that takes no larger one; '' none
    state       TEXT NOT NULL,
    reason      TEXT NOT NULL DEFAULT '',
    again       BIGINT NOT NULL DEFAULT 0, -- 1 sent again although it may have arrived
    owner       TEXT NOT NULL DEFAULT '',
    token       BIGINT NOT NULL DEFAULT 0, -- counts the claims: an older one may do nothing any more
    lease_until BIGINT NOT NULL DEFAULT 0,
    attempts    BIGINT NOT NULL DEFAULT 0,
    queued_at   BIGINT NOT NULL,
    next_at     BIGINT NOT NULL,
    answered_at BIGINT NOT NULL DEFAULT 0, -- when a server first put it off
    dot_at      BIGINT NOT NULL DEFAULT 0, -- last time that its end was about to be sent
    error       TEXT NOT NULL DEFAULT '',
    answer      TEXT NOT NULL DEFAULT '', -- the server's, when it took it
    changed_at  BIGINT NOT NULL,
    PRIMARY KEY (series, key, recipient)
);
CREATE INDEX outbox_due ON outbox (state, next_at);
CREATE INDEX outbox_text ON outbox (sha256);
