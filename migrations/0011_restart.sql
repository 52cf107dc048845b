-- Up Migration
-- A producer that was stopped and started again is no crash: shared/domain/gap.ts has the meanings.
ALTER TYPE gap_cause ADD VALUE 'restart' BEFORE 'crash';

-- Down Migration
ALTER TYPE gap_cause RENAME TO gap_cause_before;
CREATE TYPE gap_cause AS ENUM ('disconnect', 'sequence', 'overflow', 'crash', 'redis');
ALTER TABLE gaps ALTER COLUMN cause TYPE gap_cause
  USING replace(cause::text, 'restart', 'crash')::gap_cause;
DROP TYPE gap_cause_before;
