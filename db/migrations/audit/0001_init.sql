CREATE TABLE "content_key" (
	"key" uuid PRIMARY KEY NOT NULL,
	"proxy_id" uuid NOT NULL,
	"jwe" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "event" (
	"source" uuid NOT NULL,
	"seq" bigint NOT NULL,
	"time" timestamp (3) with time zone NOT NULL,
	"received_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"type" text NOT NULL,
	"actor_id" uuid,
	"actor_login" text,
	"target_type" text,
	"target_id" text,
	"target_label" text,
	"session_id" uuid,
	"listed" boolean NOT NULL,
	"prev" "bytea" NOT NULL,
	"hash" "bytea" NOT NULL,
	"body" text NOT NULL,
	CONSTRAINT "event_source_seq_pk" PRIMARY KEY("source","seq")
);
--> statement-breakpoint
CREATE TABLE "event_source" (
	"id" uuid PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"head_seq" bigint DEFAULT 0 NOT NULL,
	"head_hash" "bytea" NOT NULL,
	"head_time" timestamp (3) with time zone,
	"fault" jsonb,
	"faults" integer DEFAULT 0 NOT NULL,
	"verified_seq" bigint DEFAULT 0 NOT NULL,
	"verified_at" timestamp (3) with time zone,
	"broken_seq" bigint
);
--> statement-breakpoint
CREATE TABLE "session" (
	"id" uuid PRIMARY KEY NOT NULL,
	"proxy_id" uuid NOT NULL,
	"connection_id" uuid NOT NULL,
	"connection" text NOT NULL,
	"identity_id" uuid NOT NULL,
	"identity_kind" text NOT NULL,
	"login" text NOT NULL,
	"on_behalf_of_id" uuid,
	"on_behalf_of_login" text,
	"token_id" uuid NOT NULL,
	"grant_id" uuid,
	"client_address" text NOT NULL,
	"client_port" integer NOT NULL,
	"application" text NOT NULL,
	"tls" text,
	"upstream_role" text NOT NULL,
	"started_at" timestamp (3) with time zone NOT NULL,
	"active_at" timestamp (3) with time zone NOT NULL,
	"ended_at" timestamp (3) with time zone,
	"end_reason" text,
	"statements" integer DEFAULT 0 NOT NULL,
	"rows" bigint DEFAULT 0 NOT NULL,
	"bytes_in" bigint DEFAULT 0 NOT NULL,
	"bytes_out" bigint DEFAULT 0 NOT NULL,
	"masked_cells" bigint DEFAULT 0 NOT NULL,
	"errors" integer DEFAULT 0 NOT NULL,
	"allowed" integer DEFAULT 0 NOT NULL,
	"masked" integer DEFAULT 0 NOT NULL,
	"held" integer DEFAULT 0 NOT NULL,
	"denied" integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "statement" (
	"session_id" uuid NOT NULL,
	"number" integer NOT NULL,
	"proxy_id" uuid NOT NULL,
	"seq" bigint NOT NULL,
	"time" timestamp (3) with time zone NOT NULL,
	"connection_id" uuid NOT NULL,
	"identity_id" uuid NOT NULL,
	"on_behalf_of_id" uuid,
	"text_hash" "bytea" NOT NULL,
	"effect" text NOT NULL,
	"kinds" text[] NOT NULL,
	"relations" text[] NOT NULL,
	"labels" text[] NOT NULL,
	"hazards" text[] NOT NULL,
	"request_id" uuid,
	"policy_version" integer NOT NULL,
	"has_literals" boolean NOT NULL,
	"outcome" text,
	"tag" text,
	"rows" bigint,
	"bytes" bigint,
	"masked_cells" bigint,
	"duration_us" bigint,
	"sqlstate" text,
	CONSTRAINT "statement_session_id_number_pk" PRIMARY KEY("session_id","number")
);
--> statement-breakpoint
CREATE TABLE "statement_text" (
	"hash" "bytea" PRIMARY KEY NOT NULL,
	"text" text NOT NULL
);
--> statement-breakpoint
ALTER TABLE "event" ADD CONSTRAINT "event_source_event_source_id_fk" FOREIGN KEY ("source") REFERENCES "public"."event_source"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "event_listed_time" ON "event" USING btree ("time","source","seq") WHERE "event"."listed";--> statement-breakpoint
CREATE INDEX "event_actor" ON "event" USING btree ("actor_id","time") WHERE "event"."actor_id" is not null;--> statement-breakpoint
CREATE INDEX "event_type" ON "event" USING btree ("type","time") WHERE "event"."listed";--> statement-breakpoint
CREATE INDEX "event_target" ON "event" USING btree ("target_id","time") WHERE "event"."target_id" is not null;--> statement-breakpoint
CREATE INDEX "event_search" ON "event" USING gin (("type" || ' ' || coalesce("actor_login", '') || ' ' || coalesce("target_type", '') || ' ' || coalesce("target_label", '')) gin_trgm_ops) WHERE "event"."listed";--> statement-breakpoint
CREATE INDEX "session_started" ON "session" USING btree ("started_at","id");--> statement-breakpoint
CREATE INDEX "session_identity" ON "session" USING btree ("identity_id","started_at");--> statement-breakpoint
CREATE INDEX "session_behalf" ON "session" USING btree ("on_behalf_of_id","started_at") WHERE "session"."on_behalf_of_id" is not null;--> statement-breakpoint
CREATE INDEX "session_connection" ON "session" USING btree ("connection_id","started_at");--> statement-breakpoint
CREATE INDEX "session_live" ON "session" USING btree ("proxy_id","started_at") WHERE "session"."ended_at" is null;--> statement-breakpoint
CREATE INDEX "statement_time" ON "statement" USING btree ("time","session_id","number");--> statement-breakpoint
CREATE INDEX "statement_identity" ON "statement" USING btree ("identity_id","time");--> statement-breakpoint
CREATE INDEX "statement_text_hash" ON "statement" USING btree ("text_hash","time");--> statement-breakpoint
CREATE INDEX "statement_exception" ON "statement" USING btree ("effect","time") WHERE "statement"."effect" <> 'allow';--> statement-breakpoint
CREATE INDEX "statement_objects" ON "statement" USING gin ("relations","labels");--> statement-breakpoint
CREATE INDEX "statement_request" ON "statement" USING btree ("request_id") WHERE "statement"."request_id" is not null;--> statement-breakpoint
CREATE INDEX "statement_text_search" ON "statement_text" USING gin ("text" gin_trgm_ops);