ALTER TABLE "event_source" ADD COLUMN "broken_reason" text;--> statement-breakpoint
ALTER TABLE "event_source" ADD COLUMN "walked_seq" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "event_source" ADD COLUMN "walk_began_at" timestamp (3) with time zone;