ALTER TABLE "statement" ADD COLUMN "detected" jsonb;--> statement-breakpoint
CREATE INDEX "statement_detected" ON "statement" USING btree ("time") WHERE "statement"."detected" is not null;