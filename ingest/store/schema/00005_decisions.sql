-- +goose Up

-- decision is a line that people wrote about a case, as it stands, also one that
-- cannot be understood. The rows stay when the line goes, and tell what held when.
CREATE TABLE decision (
    origin  TEXT NOT NULL,   -- the file or folder that is read as a whole
    file    TEXT NOT NULL,
    line    BIGINT NOT NULL, -- where it stands, or stood last
    text    TEXT NOT NULL,
    nth     BIGINT NOT NULL, -- of the lines with this text in the origin
    note    TEXT NOT NULL,
    ord     BIGINT NOT NULL, -- place in the origin
    from_at BIGINT NOT NULL,
    ended   BIGINT NOT NULL DEFAULT 0, -- 0 it stands
    PRIMARY KEY (origin, text, nth, from_at)
);
CREATE INDEX decision_standing ON decision (origin, ord) WHERE ended = 0;

-- case_name is what else a case was called: its signatures and the parts of them that
-- name it in other logs. The names of a case that goes stay while something is decided
-- under its id, so that this finds the case that is the same by another signature.
CREATE TABLE case_name (
    id   TEXT NOT NULL,
    name TEXT NOT NULL,
    ord  BIGINT NOT NULL, -- strongest first
    PRIMARY KEY (id, name)
);
INSERT INTO case_name (id, name, ord) SELECT id, signature, 0 FROM case_file;
