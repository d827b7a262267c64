CREATE TABLE "budget_use" (
	"rule" text NOT NULL,
	"identity_id" uuid NOT NULL,
	"unit" text NOT NULL,
	"window_minutes" integer NOT NULL,
	"starts_at" timestamp (3) with time zone NOT NULL,
	"instance" uuid NOT NULL,
	"proxy_id" uuid NOT NULL,
	"used" double precision NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "budget_use_pk" PRIMARY KEY("identity_id","rule","unit","window_minutes","starts_at","instance")
);
--> statement-breakpoint
CREATE INDEX "budget_use_updated" ON "budget_use" USING btree ("updated_at");