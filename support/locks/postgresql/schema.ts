import { LEASE } from '../lock_store'
import { GRACE_MS } from '../claim_table'

/** The version of the tables and functions below. A database with another one is refused. */
export const LOCKS_VERSION = 1

/** The number that two control hosts lock while one of them makes the tables. */
const MAKING = 7_403_117_227

/** Makes a function fail where a policy hides rows or another call does not end, and lets no path of its caller count. */
const SAFELY = `SET row_security = off SET lock_timeout = '5s' SET search_path = pg_catalog, pg_temp`

/**
 * The tables, and the functions that alone change them. Each call is one statement: no transaction stays open where a
 * connection is lost, and a pooler may give each statement another session.
 *
 * `enter` lets one call in after the other, at every isolation level: a call that has not seen the one before fails to be
 * serialized. It also asks for commits that survive the server, where the server is set up to answer before that. The key
 * of `host` keeps a host from having two claims, whatever a call has seen.
 */
export const CREATE_LOCKS = `
BEGIN ISOLATION LEVEL READ COMMITTED;
SELECT pg_advisory_xact_lock(${MAKING});
CREATE SCHEMA IF NOT EXISTS lockstep_locks;
CREATE TABLE IF NOT EXISTS lockstep_locks.about (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  version integer NOT NULL,
  changes bigint NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS lockstep_locks.claim (
  run text PRIMARY KEY,
  token text NOT NULL,
  feature text NOT NULL,
  fleet text NOT NULL,
  username text NOT NULL,
  machine text NOT NULL,
  pid integer NOT NULL,
  place text,
  start text NOT NULL,
  since timestamptz NOT NULL,
  good_until timestamptz NOT NULL
);
CREATE TABLE IF NOT EXISTS lockstep_locks.host (
  host text PRIMARY KEY,
  name text NOT NULL,
  run text NOT NULL REFERENCES lockstep_locks.claim ON DELETE CASCADE
);
CREATE INDEX IF NOT EXISTS host_run ON lockstep_locks.host (run);

CREATE OR REPLACE FUNCTION lockstep_locks.enter() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('synchronous_commit') IN ('off', 'local') THEN
    PERFORM set_config('synchronous_commit', 'on', true);
  END IF;
  UPDATE lockstep_locks.about SET changes = changes + 1;
  IF NOT FOUND THEN RAISE EXCEPTION 'the tables of its locks were altered'; END IF;
END $$;

CREATE OR REPLACE FUNCTION lockstep_locks.describe(c lockstep_locks.claim) RETURNS jsonb LANGUAGE sql AS $$
  SELECT jsonb_build_object('run', c.run, 'token', c.token, 'feature', c.feature, 'fleet', c.fleet,
    'user', c.username, 'machine', c.machine, 'pid', c.pid, 'place', c.place, 'start', c.start,
    'since', to_char(c.since AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
    'lapsedMs', extract(epoch FROM clock_timestamp() - c.good_until)::float8 * 1000,
    'hosts', (SELECT coalesce(jsonb_agg(h.name ORDER BY h.host), '[]') FROM lockstep_locks.host h WHERE h.run = c.run))
$$;

CREATE OR REPLACE FUNCTION lockstep_locks.is_removable(c lockstep_locks.claim, asked jsonb) RETURNS boolean LANGUAGE sql AS $$
  SELECT EXISTS (SELECT FROM jsonb_array_elements(asked) one
    WHERE one->>'run' = c.run AND one->>'token' = c.token AND ((one->>'isSeenGone')::boolean
      OR c.good_until + interval '${GRACE_MS} ms' < clock_timestamp()))
$$;

CREATE OR REPLACE FUNCTION lockstep_locks.take(asked jsonb) RETURNS jsonb LANGUAGE plpgsql ${SAFELY} AS $$
DECLARE
  is_there boolean;
  others jsonb;
BEGIN
  PERFORM lockstep_locks.enter();
  is_there := (SELECT c.token = asked->>'token' FROM lockstep_locks.claim c WHERE c.run = asked->>'run');
  SELECT coalesce(jsonb_agg(lockstep_locks.describe(c)), '[]') INTO others FROM lockstep_locks.claim c
    WHERE c.run <> asked->>'run' AND NOT lockstep_locks.is_removable(c, asked->'takes')
    AND EXISTS (SELECT FROM lockstep_locks.host h
      WHERE h.run = c.run AND h.host IN (SELECT one->>'host' FROM jsonb_array_elements(asked->'hosts') one));
  IF NOT coalesce(is_there, NOT (asked->>'isHad')::boolean) THEN
    RETURN jsonb_build_object('isLost', true, 'others', others);
  END IF;
  IF others = '[]' THEN
    DELETE FROM lockstep_locks.claim c WHERE c.run <> asked->>'run' AND lockstep_locks.is_removable(c, asked->'takes');
    INSERT INTO lockstep_locks.claim AS c
      (run, token, feature, fleet, username, machine, pid, place, start, since, good_until)
      VALUES (asked->>'run', asked->>'token', asked->>'feature', asked->>'fleet', asked->>'user', asked->>'machine',
        (asked->>'pid')::integer, asked->>'place', asked->>'start', clock_timestamp(),
        clock_timestamp() + interval '${LEASE} ms')
      ON CONFLICT (run) DO UPDATE SET good_until = excluded.good_until;
    INSERT INTO lockstep_locks.host (host, name, run)
      SELECT one->>'host', one->>'name', asked->>'run' FROM jsonb_array_elements(asked->'hosts') one
      WHERE NOT EXISTS (SELECT FROM lockstep_locks.host h WHERE h.host = one->>'host' AND h.run = asked->>'run');
  END IF;
  RETURN jsonb_build_object('isLost', false, 'others', others);
END $$;

CREATE OR REPLACE FUNCTION lockstep_locks.renew(run text, token text) RETURNS boolean LANGUAGE plpgsql ${SAFELY} AS $$
BEGIN
  PERFORM lockstep_locks.enter();
  UPDATE lockstep_locks.claim c SET good_until = clock_timestamp() + interval '${LEASE} ms'
    WHERE c.run = renew.run AND c.token = renew.token;
  RETURN FOUND;
END $$;

CREATE OR REPLACE FUNCTION lockstep_locks.remove(run text, token text) RETURNS boolean LANGUAGE plpgsql ${SAFELY} AS $$
BEGIN
  PERFORM lockstep_locks.enter();
  DELETE FROM lockstep_locks.claim c WHERE c.run = remove.run AND c.token = remove.token;
  RETURN FOUND;
END $$;

CREATE OR REPLACE FUNCTION lockstep_locks.discard(asked jsonb) RETURNS boolean LANGUAGE plpgsql ${SAFELY} AS $$
BEGIN
  PERFORM lockstep_locks.enter();
  DELETE FROM lockstep_locks.claim c WHERE lockstep_locks.is_removable(c, asked);
  RETURN FOUND;
END $$;

CREATE OR REPLACE FUNCTION lockstep_locks.list() RETURNS jsonb LANGUAGE sql ${SAFELY} AS $$
  SELECT coalesce(jsonb_agg(lockstep_locks.describe(c) ORDER BY c.since, c.run), '[]') FROM lockstep_locks.claim c
$$;

CREATE OR REPLACE FUNCTION lockstep_locks.prove() RETURNS boolean LANGUAGE plpgsql ${SAFELY} AS $$
DECLARE
  name text := gen_random_uuid()::text;
  request jsonb := jsonb_build_object('run', name, 'token', name, 'feature', '', 'fleet', '', 'user', '', 'machine', '',
    'pid', 0, 'start', '', 'isHad', false, 'takes', '[]'::jsonb,
    'hosts', jsonb_build_array(jsonb_build_object('host', name, 'name', name)));
BEGIN
  RETURN lockstep_locks.take(request)->>'isLost' = 'false' AND lockstep_locks.renew(name, name)
    AND lockstep_locks.remove(name, name);
END $$;

INSERT INTO lockstep_locks.about (version) VALUES (${LOCKS_VERSION}) ON CONFLICT DO NOTHING;
COMMIT;
`

/** Says whether the tables are there, and whether this is a copy, which may be behind. */
export const ARE_MADE = `SELECT to_regclass('lockstep_locks.about') IS NOT NULL AS made,
  current_setting('server_encoding') AS encoding, pg_is_in_recovery() AS copy`

export const VERSION = 'SELECT version FROM lockstep_locks.about'

export const TAKE = 'SELECT lockstep_locks.take($1::jsonb) AS answer'
export const RENEW = 'SELECT lockstep_locks.renew($1::text, $2::text) AS answer'
export const REMOVE = 'SELECT lockstep_locks.remove($1::text, $2::text) AS answer'
export const DISCARD = 'SELECT lockstep_locks.discard($1::jsonb) AS answer'
/** Takes a lock, renews it and gives it back, in one statement: nobody else sees it. */
export const PROVE = 'SELECT lockstep_locks.prove() AS answer'
export const LIST = 'SELECT lockstep_locks.list() AS answer'
