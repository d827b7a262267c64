CREATE TABLE "catalog_column" (
	"connection_id" uuid NOT NULL,
	"relation_oid" bigint NOT NULL,
	"attnum" smallint NOT NULL,
	"name" text NOT NULL,
	"type" text NOT NULL,
	"not_null" boolean NOT NULL,
	"first_seen_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "catalog_column_connection_id_relation_oid_attnum_pk" PRIMARY KEY("connection_id","relation_oid","attnum")
);
--> statement-breakpoint
CREATE TABLE "catalog_edge" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "catalog_edge_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"connection_id" uuid NOT NULL,
	"via" text NOT NULL,
	"from_oid" bigint NOT NULL,
	"from_attnum" smallint NOT NULL,
	"to_oid" bigint NOT NULL,
	"to_attnum" smallint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "catalog_foreign_key" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "catalog_foreign_key_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"connection_id" uuid NOT NULL,
	"name" text NOT NULL,
	"relation_oid" bigint NOT NULL,
	"columns" jsonb NOT NULL,
	"referenced_oid" bigint NOT NULL,
	"referenced_columns" jsonb NOT NULL,
	"on_delete" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "catalog_function" (
	"connection_id" uuid NOT NULL,
	"oid" bigint NOT NULL,
	"schema" text NOT NULL,
	"name" text NOT NULL,
	"arguments" text NOT NULL,
	"result" text NOT NULL,
	"language" text NOT NULL,
	CONSTRAINT "catalog_function_connection_id_oid_pk" PRIMARY KEY("connection_id","oid")
);
--> statement-breakpoint
CREATE TABLE "catalog_relation" (
	"connection_id" uuid NOT NULL,
	"oid" bigint NOT NULL,
	"schema" text NOT NULL,
	"name" text NOT NULL,
	"kind" text NOT NULL,
	"rows_estimate" double precision NOT NULL,
	"bytes_estimate" double precision NOT NULL,
	"first_seen_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "catalog_relation_connection_id_oid_pk" PRIMARY KEY("connection_id","oid")
);
--> statement-breakpoint
CREATE TABLE "catalog_snapshot" (
	"connection_id" uuid PRIMARY KEY NOT NULL,
	"hash" text NOT NULL,
	"server_version" integer NOT NULL,
	"database" text NOT NULL,
	"proxy_id" uuid,
	"pushed_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "column_label" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"connection_id" uuid NOT NULL,
	"relation_oid" bigint NOT NULL,
	"attnum" smallint NOT NULL,
	"schema" text NOT NULL,
	"relation" text NOT NULL,
	"column" text NOT NULL,
	"label" text NOT NULL,
	"level" text NOT NULL,
	"source" text NOT NULL,
	"evidence" text,
	"by" uuid,
	"at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "column_label_column" UNIQUE("connection_id","relation_oid","attnum")
);
--> statement-breakpoint
CREATE TABLE "connection" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"name" text NOT NULL,
	"engine" text DEFAULT 'postgresql' NOT NULL,
	"environment" text NOT NULL,
	"region" text NOT NULL,
	"tags" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"description" text DEFAULT '' NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "connection_name_unique" UNIQUE("name")
);
--> statement-breakpoint
CREATE TABLE "connection_endpoint" (
	"connection_id" uuid NOT NULL,
	"proxy_id" uuid NOT NULL,
	"proxy_name" text NOT NULL,
	"listen" text NOT NULL,
	"tls" boolean NOT NULL,
	"reachable" boolean NOT NULL,
	"message" text,
	"seen_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "connection_endpoint_connection_id_proxy_id_pk" PRIMARY KEY("connection_id","proxy_id")
);
--> statement-breakpoint
CREATE TABLE "object_owner" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"connection_id" uuid NOT NULL,
	"schema" text NOT NULL,
	"relation" text,
	"relation_oid" bigint DEFAULT 0 NOT NULL,
	"identity_id" uuid,
	"group_name" text,
	"by" uuid,
	"at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "object_owner_object" UNIQUE NULLS NOT DISTINCT("connection_id","schema","relation")
);
--> statement-breakpoint
CREATE TABLE "observed_copy" (
	"connection_id" uuid NOT NULL,
	"from_schema" text NOT NULL,
	"from_relation" text NOT NULL,
	"from_column" text NOT NULL,
	"to_schema" text NOT NULL,
	"to_relation" text NOT NULL,
	"to_column" text NOT NULL,
	"first_seen_at" timestamp (3) with time zone NOT NULL,
	"last_seen_at" timestamp (3) with time zone NOT NULL,
	"seen" integer NOT NULL,
	CONSTRAINT "observed_copy_pk" PRIMARY KEY("connection_id","from_schema","from_relation","from_column","to_schema","to_relation","to_column")
);
--> statement-breakpoint
CREATE TABLE "suggestion" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"connection_id" uuid NOT NULL,
	"relation_oid" bigint NOT NULL,
	"attnum" smallint NOT NULL,
	"schema" text NOT NULL,
	"relation" text NOT NULL,
	"column" text NOT NULL,
	"label" text NOT NULL,
	"level" text NOT NULL,
	"confidence" double precision NOT NULL,
	"evidence" jsonb NOT NULL,
	"state" text DEFAULT 'open' NOT NULL,
	"reopened" boolean DEFAULT false NOT NULL,
	"decided_by" uuid,
	"decided_at" timestamp (3) with time zone,
	"reason" text,
	"created_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "catalog_column" ADD CONSTRAINT "catalog_column_relation" FOREIGN KEY ("connection_id","relation_oid") REFERENCES "public"."catalog_relation"("connection_id","oid") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "catalog_edge" ADD CONSTRAINT "catalog_edge_connection_id_connection_id_fk" FOREIGN KEY ("connection_id") REFERENCES "public"."connection"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "catalog_foreign_key" ADD CONSTRAINT "catalog_foreign_key_connection_id_connection_id_fk" FOREIGN KEY ("connection_id") REFERENCES "public"."connection"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "catalog_function" ADD CONSTRAINT "catalog_function_connection_id_connection_id_fk" FOREIGN KEY ("connection_id") REFERENCES "public"."connection"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "catalog_relation" ADD CONSTRAINT "catalog_relation_connection_id_connection_id_fk" FOREIGN KEY ("connection_id") REFERENCES "public"."connection"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "catalog_snapshot" ADD CONSTRAINT "catalog_snapshot_connection_id_connection_id_fk" FOREIGN KEY ("connection_id") REFERENCES "public"."connection"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "column_label" ADD CONSTRAINT "column_label_connection_id_connection_id_fk" FOREIGN KEY ("connection_id") REFERENCES "public"."connection"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "connection_endpoint" ADD CONSTRAINT "connection_endpoint_connection_id_connection_id_fk" FOREIGN KEY ("connection_id") REFERENCES "public"."connection"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "object_owner" ADD CONSTRAINT "object_owner_connection_id_connection_id_fk" FOREIGN KEY ("connection_id") REFERENCES "public"."connection"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "observed_copy" ADD CONSTRAINT "observed_copy_connection_id_connection_id_fk" FOREIGN KEY ("connection_id") REFERENCES "public"."connection"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "suggestion" ADD CONSTRAINT "suggestion_connection_id_connection_id_fk" FOREIGN KEY ("connection_id") REFERENCES "public"."connection"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "catalog_column_search" ON "catalog_column" USING gin ("name" gin_trgm_ops);--> statement-breakpoint
CREATE INDEX "catalog_edge_from" ON "catalog_edge" USING btree ("connection_id","from_oid");--> statement-breakpoint
CREATE INDEX "catalog_foreign_key_from" ON "catalog_foreign_key" USING btree ("connection_id","relation_oid");--> statement-breakpoint
CREATE INDEX "catalog_foreign_key_to" ON "catalog_foreign_key" USING btree ("connection_id","referenced_oid");--> statement-breakpoint
CREATE INDEX "catalog_relation_name" ON "catalog_relation" USING btree ("connection_id","schema","name");--> statement-breakpoint
CREATE INDEX "catalog_relation_search" ON "catalog_relation" USING gin ("name" gin_trgm_ops);--> statement-breakpoint
CREATE UNIQUE INDEX "suggestion_column_label" ON "suggestion" USING btree ("connection_id","relation_oid","attnum","label");--> statement-breakpoint
CREATE INDEX "suggestion_state" ON "suggestion" USING btree ("state","created_at","id");--> statement-breakpoint
CREATE INDEX "suggestion_open" ON "suggestion" USING btree ("connection_id") WHERE state = 'open';