ALTER TABLE "suggestion" ADD COLUMN "found" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "suggestion" ADD COLUMN "found_confidence" double precision DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "suggestion" ADD COLUMN "found_at" timestamp (3) with time zone;