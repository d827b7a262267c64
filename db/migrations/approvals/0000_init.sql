CREATE TABLE "access_grant" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"request_id" uuid NOT NULL,
	"identity_id" uuid NOT NULL,
	"connection_id" uuid NOT NULL,
	"starts_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"revoked_at" timestamp (3) with time zone,
	"revoked_by" uuid,
	"revoke_reason" text,
	"ended_at" timestamp (3) with time zone,
	CONSTRAINT "access_grant_requestId_unique" UNIQUE("request_id")
);
--> statement-breakpoint
CREATE TABLE "request" (
	"id" uuid PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"state" text DEFAULT 'pending' NOT NULL,
	"connection_id" uuid NOT NULL,
	"identity_id" uuid NOT NULL,
	"on_behalf_of" uuid,
	"identity_owner_id" uuid,
	"summary" text NOT NULL,
	"search_text" text NOT NULL,
	"rule" text NOT NULL,
	"reasons" jsonb NOT NULL,
	"needs" jsonb NOT NULL,
	"objects" jsonb NOT NULL,
	"level" text,
	"created_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"decided_at" timestamp (3) with time zone,
	"usable_until" timestamp (3) with time zone,
	"ended_at" timestamp (3) with time zone,
	"proxy_id" uuid,
	"session_id" uuid,
	"statement_number" integer,
	"text" text,
	"hash" text,
	"fingerprint" text,
	"literals" jsonb,
	"literals_jwe" text,
	"facts" jsonb,
	"policy_version" integer,
	"bundle_version" integer,
	"waiting" boolean DEFAULT false NOT NULL,
	"impact" jsonb,
	"executed_by" uuid,
	"outcome" jsonb,
	"duration_minutes" integer,
	"reason" text
);
--> statement-breakpoint
CREATE TABLE "request_event" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"request_id" uuid NOT NULL,
	"type" text NOT NULL,
	"actor_id" uuid,
	"message" text NOT NULL,
	"reason" text,
	"at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "request_vote" (
	"request_id" uuid NOT NULL,
	"identity_id" uuid NOT NULL,
	"verdict" text NOT NULL,
	"reason" text NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "request_vote_request_id_identity_id_pk" PRIMARY KEY("request_id","identity_id")
);
--> statement-breakpoint
ALTER TABLE "access_grant" ADD CONSTRAINT "access_grant_request_id_request_id_fk" FOREIGN KEY ("request_id") REFERENCES "public"."request"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "access_grant" ADD CONSTRAINT "access_grant_connection_id_connection_id_fk" FOREIGN KEY ("connection_id") REFERENCES "public"."connection"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "request" ADD CONSTRAINT "request_connection_id_connection_id_fk" FOREIGN KEY ("connection_id") REFERENCES "public"."connection"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "request_event" ADD CONSTRAINT "request_event_request_id_request_id_fk" FOREIGN KEY ("request_id") REFERENCES "public"."request"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "request_vote" ADD CONSTRAINT "request_vote_request_id_request_id_fk" FOREIGN KEY ("request_id") REFERENCES "public"."request"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "access_grant_expires" ON "access_grant" USING btree ("expires_at","id");--> statement-breakpoint
CREATE INDEX "access_grant_identity" ON "access_grant" USING btree ("identity_id","connection_id");--> statement-breakpoint
CREATE INDEX "access_grant_open" ON "access_grant" USING btree ("expires_at") WHERE ended_at is null;--> statement-breakpoint
CREATE INDEX "request_created" ON "request" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "request_pending" ON "request" USING btree ("expires_at") WHERE state = 'pending';--> statement-breakpoint
CREATE INDEX "request_usable" ON "request" USING btree ("hash","connection_id","identity_id") WHERE state = 'approved';--> statement-breakpoint
CREATE INDEX "request_identity" ON "request" USING btree ("identity_id","created_at");--> statement-breakpoint
CREATE INDEX "request_fingerprint" ON "request" USING btree ("fingerprint","created_at");--> statement-breakpoint
CREATE INDEX "request_search" ON "request" USING gin ("search_text" gin_trgm_ops);--> statement-breakpoint
CREATE UNIQUE INDEX "request_access_open" ON "request" USING btree ("identity_id","connection_id") WHERE kind = 'access' and state = 'pending';--> statement-breakpoint
CREATE INDEX "request_event_request" ON "request_event" USING btree ("request_id","id");