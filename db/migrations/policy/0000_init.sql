CREATE TABLE "policy_document" (
	"name" text PRIMARY KEY NOT NULL,
	"version" integer NOT NULL,
	"yaml" text NOT NULL,
	"document" jsonb NOT NULL,
	"removed" boolean DEFAULT false NOT NULL,
	"updated_by" uuid,
	"updated_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "policy_set" (
	"id" integer PRIMARY KEY DEFAULT 1 NOT NULL,
	"version" integer DEFAULT 0 NOT NULL,
	"updated_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "policy_version" (
	"name" text NOT NULL,
	"version" integer NOT NULL,
	"set_version" integer NOT NULL,
	"yaml" text NOT NULL,
	"comment" text NOT NULL,
	"removed" boolean NOT NULL,
	"by" uuid,
	"at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "policy_version_name_version_pk" PRIMARY KEY("name","version")
);
--> statement-breakpoint
ALTER TABLE "policy_version" ADD CONSTRAINT "policy_version_name_policy_document_name_fk" FOREIGN KEY ("name") REFERENCES "public"."policy_document"("name") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "policy_version_set" ON "policy_version" USING btree ("set_version");