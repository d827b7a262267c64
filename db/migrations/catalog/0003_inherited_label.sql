CREATE TABLE "inherited_label" (
	"connection_id" uuid NOT NULL,
	"schema" text NOT NULL,
	"relation" text NOT NULL,
	"column" text NOT NULL,
	"label" text NOT NULL,
	"level" text NOT NULL,
	"evidence" text NOT NULL,
	"by" uuid NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "inherited_label_pk" PRIMARY KEY("connection_id","schema","relation","column")
);
--> statement-breakpoint
ALTER TABLE "inherited_label" ADD CONSTRAINT "inherited_label_connection_id_connection_id_fk" FOREIGN KEY ("connection_id") REFERENCES "public"."connection"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "inherited_label_at" ON "inherited_label" USING btree ("at");