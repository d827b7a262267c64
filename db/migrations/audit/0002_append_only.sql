-- The log is only ever inserted into, whoever asks: not even the owner of the table updates or deletes by accident.
CREATE FUNCTION "refuse_event_change"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the audit log is append-only: % is refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
--> statement-breakpoint
CREATE TRIGGER "event_append_only" BEFORE UPDATE OR DELETE ON "event" FOR EACH ROW EXECUTE FUNCTION "refuse_event_change"();
--> statement-breakpoint
CREATE TRIGGER "event_no_truncate" BEFORE TRUNCATE ON "event" FOR EACH STATEMENT EXECUTE FUNCTION "refuse_event_change"();
--> statement-breakpoint
-- A head only moves forward, one chain per source, and never disappears.
CREATE FUNCTION "refuse_head_rewind"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND NEW.id = OLD.id AND NEW.head_seq >= OLD.head_seq THEN RETURN NEW; END IF;
  RAISE EXCEPTION 'the head of a chain only moves forward' USING ERRCODE = 'insufficient_privilege';
END $$;
--> statement-breakpoint
CREATE TRIGGER "event_source_forward" BEFORE UPDATE OR DELETE ON "event_source" FOR EACH ROW EXECUTE FUNCTION "refuse_head_rewind"();
--> statement-breakpoint
INSERT INTO "event_source" ("id", "kind", "head_hash") VALUES ('00000000-0000-0000-0000-000000000000', 'control', decode(repeat('00', 32), 'hex'));
