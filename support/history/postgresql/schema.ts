/** The version of the tables below. A database with a newer one is refused. */
export const SCHEMA_VERSION = 1

/** The number that two control hosts lock while one of them makes the tables. */
const MAKING = 7_403_117_226

/**
 * The tables, made in one transaction by the first control host that comes. Triggers keep entries from being changed:
 * what was appended stays.
 */
export const CREATE_SCHEMA = `
BEGIN;
SELECT pg_advisory_xact_lock(${MAKING});
CREATE SCHEMA IF NOT EXISTS lockstep_history;
CREATE TABLE IF NOT EXISTS lockstep_history.about (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  version integer NOT NULL,
  id text NOT NULL
);
CREATE TABLE IF NOT EXISTS lockstep_history.entry (
  environment text NOT NULL,
  sequence bigint NOT NULL CHECK (sequence > 0),
  chain text NOT NULL,
  origin text NOT NULL,
  run text NOT NULL,
  revision integer NOT NULL CHECK (revision >= 0),
  digest text NOT NULL,
  record text NOT NULL,
  feature bytea,
  journal_length bigint,
  journal_sha256 text,
  shipped_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (environment, sequence),
  UNIQUE (origin, run, revision)
);
CREATE TABLE IF NOT EXISTS lockstep_history.journal (
  origin text NOT NULL,
  run text NOT NULL,
  start bigint NOT NULL CHECK (start >= 0),
  bytes bytea NOT NULL CHECK (octet_length(bytes) > 0),
  PRIMARY KEY (origin, run, start)
);
CREATE OR REPLACE FUNCTION lockstep_history.refuse_change() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN RAISE EXCEPTION 'a shared history is only appended to'; END $$;
DROP TRIGGER IF EXISTS only_appended ON lockstep_history.entry;
CREATE TRIGGER only_appended BEFORE UPDATE OR DELETE OR TRUNCATE ON lockstep_history.entry
  FOR EACH STATEMENT EXECUTE FUNCTION lockstep_history.refuse_change();
DROP TRIGGER IF EXISTS only_appended ON lockstep_history.journal;
CREATE TRIGGER only_appended BEFORE UPDATE OR DELETE OR TRUNCATE ON lockstep_history.journal
  FOR EACH STATEMENT EXECUTE FUNCTION lockstep_history.refuse_change();
INSERT INTO lockstep_history.about (version, id) VALUES (${SCHEMA_VERSION}, gen_random_uuid()::text)
  ON CONFLICT DO NOTHING;
COMMIT;
`

/**
 * Says what the database is, and whether the tables are there. A policy that hides rows then makes a statement fail
 * rather than answer without them.
 */
export const IS_MADE = `SELECT to_regclass('lockstep_history.about') IS NOT NULL AS made,
  current_setting('server_encoding') AS encoding, pg_is_in_recovery() AS copy,
  extract(epoch FROM clock_timestamp())::float8 * 1000 AS now, set_config('row_security', 'off', false) AS policies`

export const ABOUT = 'SELECT version, id FROM lockstep_history.about'

export const HEADS = `SELECT DISTINCT ON (environment) environment, sequence, chain
  FROM lockstep_history.entry ORDER BY environment, sequence DESC`

/**
 * Appends an entry behind the one with sequence $2 - 1 and the checksum $12, in one statement: no transaction stays open
 * where the connection is lost. Two that come at the same time want the same sequence, and one of them gets it.
 */
export const APPEND = `INSERT INTO lockstep_history.entry
  (environment, sequence, chain, origin, run, revision, digest, record, feature, journal_length, journal_sha256)
  SELECT $1::text, $2::bigint, $3::text, $4::text, $5::text, $6::integer, $7::text, $8::text, $9::bytea, $10::bigint, $11::text
  WHERE coalesce((SELECT (sequence, chain) = ($2::bigint - 1, $12::text) FROM lockstep_history.entry
    WHERE environment = $1 ORDER BY sequence DESC LIMIT 1), $2::bigint = 1)
  ON CONFLICT DO NOTHING`

export const READ = `SELECT environment, sequence, chain, origin, run, revision, record, feature, journal_length, journal_sha256
  FROM lockstep_history.entry WHERE environment = $1 AND sequence > $2 ORDER BY sequence LIMIT 20`

export const LAST_OF = `SELECT DISTINCT ON (run) run, revision, digest
  FROM lockstep_history.entry WHERE origin = $1 ORDER BY run, revision DESC`

export const JOURNAL_END = `SELECT start + octet_length(bytes) AS stop FROM lockstep_history.journal
  WHERE origin = $1 AND run = $2 ORDER BY start DESC LIMIT 1`

export const APPEND_JOURNAL = `INSERT INTO lockstep_history.journal (origin, run, start, bytes)
  SELECT $1::text, $2::text, $3::bigint, $4::bytea
  WHERE $3 = coalesce((SELECT start + octet_length(bytes) FROM lockstep_history.journal
    WHERE origin = $1 AND run = $2 ORDER BY start DESC LIMIT 1), 0)
  ON CONFLICT DO NOTHING`

export const READ_JOURNAL = `SELECT bytes FROM lockstep_history.journal
  WHERE origin = $1 AND run = $2 AND start = $3`
