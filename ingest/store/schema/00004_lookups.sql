-- +goose Up

-- moment is when a snapshot counts: at, or when it was read where that is unknown.
ALTER TABLE snapshot ADD COLUMN moment BIGINT NOT NULL DEFAULT 0;
UPDATE snapshot SET moment = CASE WHEN at <> 0 THEN at ELSE (
    SELECT read_at FROM document d WHERE d.sha256 = snapshot.sha256 AND d.machine = snapshot.delivered) END;
DROP INDEX snapshot_machine;
CREATE INDEX snapshot_moment ON snapshot (machine, moment);

-- The contents that a machine delivered are asked for with each drop of it: the index
-- holds all that is asked, since the rows lie among gigabytes of bodies.
CREATE INDEX document_machine ON document (machine, superseded_by, bytes, sha256);

-- Drops that need a look are few among hundreds of thousands.
CREATE INDEX drop_file_reason ON drop_file (share, name) WHERE reason <> '';
