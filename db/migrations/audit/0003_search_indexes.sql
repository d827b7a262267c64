ALTER TABLE "event" DROP CONSTRAINT "event_source_event_source_id_fk";
--> statement-breakpoint
CREATE INDEX "statement_behalf" ON "statement" USING btree ("on_behalf_of_id","time") WHERE "statement"."on_behalf_of_id" is not null;--> statement-breakpoint
CREATE INDEX "statement_connection" ON "statement" USING btree ("connection_id","time");