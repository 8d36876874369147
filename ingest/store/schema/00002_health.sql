-- +goose Up

-- health is how a part of the service does that is neither share, drop nor report.
CREATE TABLE health (
    part   TEXT PRIMARY KEY, -- "clock", "upkeep", "config"
    reason TEXT NOT NULL DEFAULT '', -- '' all is well
    detail TEXT NOT NULL DEFAULT '',
    at     BIGINT NOT NULL
);
