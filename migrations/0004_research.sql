-- Up Migration
CREATE TABLE models (
  id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  task_id       text NOT NULL UNIQUE,
  kind          text NOT NULL,
  instrument_id integer NOT NULL REFERENCES instruments,
  interval      text NOT NULL,
  features      jsonb NOT NULL,
  parameters    jsonb NOT NULL,
  metrics       jsonb NOT NULL,
  trained_from  timestamptz NOT NULL,
  trained_to    timestamptz NOT NULL,
  created_at    timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE reports (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind       text NOT NULL,
  day        date NOT NULL,
  title      text NOT NULL,
  html       text NOT NULL,
  summary    jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  UNIQUE (kind, day)
);

-- Down Migration
DROP TABLE reports, models;
