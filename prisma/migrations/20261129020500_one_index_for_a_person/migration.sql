-- The primary key is to be the only index that begins with the session. With statistics that know nothing of a class yet, one of session and unit
-- looked as good for finding one person in it, and was read whole.
CREATE INDEX "attendee_unit_id_session_id_idx" ON "attendee"("unit_id", "session_id");
DROP INDEX "attendee_session_id_unit_id_idx";
