CREATE TABLE "bundle" (
	"version" integer PRIMARY KEY NOT NULL,
	"policy_version" integer NOT NULL,
	"content_hash" text NOT NULL,
	"built_through" bigint NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"issued_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "enrolment" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"name" text,
	"token_hash" text NOT NULL,
	"created_by" uuid,
	"created_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"used_at" timestamp (3) with time zone,
	"revoked_at" timestamp (3) with time zone,
	"proxy_id" uuid,
	CONSTRAINT "enrolment_tokenHash_unique" UNIQUE("token_hash")
);
--> statement-breakpoint
CREATE TABLE "proxy" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"name" text NOT NULL,
	"host" text NOT NULL,
	"version" text NOT NULL,
	"public_key" jsonb NOT NULL,
	"enrolled_at" timestamp (3) with time zone NOT NULL,
	"enrolled_by" uuid,
	"revoked_at" timestamp (3) with time zone,
	"revoked_by" uuid,
	"revoke_reason" text,
	"last_seen_at" timestamp (3) with time zone,
	"heartbeat" jsonb
);
--> statement-breakpoint
CREATE TABLE "proxy_token_used" (
	"proxy_id" uuid NOT NULL,
	"jti" text NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "proxy_token_used_proxy_id_jti_pk" PRIMARY KEY("proxy_id","jti")
);
--> statement-breakpoint
ALTER TABLE "enrolment" ADD CONSTRAINT "enrolment_proxy_id_proxy_id_fk" FOREIGN KEY ("proxy_id") REFERENCES "public"."proxy"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "enrolment_created" ON "enrolment" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "proxy_name" ON "proxy" USING btree ("name");--> statement-breakpoint
CREATE INDEX "proxy_token_used_expires" ON "proxy_token_used" USING btree ("expires_at");