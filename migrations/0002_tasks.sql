-- Up Migration
-- What clients ask for and what became of it; answers after Redis has forgotten. Stream batches leave no row.
CREATE TYPE task_state AS ENUM ('PENDING', 'STARTED', 'PROGRESS', 'RETRY', 'SUCCESS', 'FAILURE', 'REVOKED');

CREATE TABLE tasks (
  id          text PRIMARY KEY,
  name        text NOT NULL,
  queue       text NOT NULL,
  state       task_state NOT NULL DEFAULT 'PENDING',
  payload     jsonb NOT NULL,
  progress    jsonb,
  result      jsonb,
  error       text,
  attempts    integer NOT NULL DEFAULT 0,
  worker      text,
  created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  enqueued_at timestamptz,
  started_at  timestamptz,
  finished_at timestamptz
);
CREATE INDEX tasks_newest ON tasks (created_at DESC, id);
CREATE INDEX tasks_not_ended ON tasks (created_at) WHERE finished_at IS NULL;

-- Down Migration
DROP TABLE tasks;
DROP TYPE task_state;
