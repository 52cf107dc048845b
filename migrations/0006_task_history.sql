-- Up Migration
-- Every state a task has been in and since when (UTC ms), oldest first: a quick one is over before anybody looks.
ALTER TABLE tasks ADD COLUMN history jsonb NOT NULL DEFAULT '[]';

CREATE FUNCTION note_task_state() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.history := NEW.history || jsonb_build_object(
    'state', NEW.state, 'at', floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint);
  RETURN NEW;
END $$;
CREATE TRIGGER task_added BEFORE INSERT ON tasks FOR EACH ROW EXECUTE FUNCTION note_task_state();
CREATE TRIGGER task_moved BEFORE UPDATE ON tasks FOR EACH ROW
  WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION note_task_state();

-- Down Migration
DROP TRIGGER task_moved ON tasks;
DROP TRIGGER task_added ON tasks;
DROP FUNCTION note_task_state;
ALTER TABLE tasks DROP COLUMN history;
