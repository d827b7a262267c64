CREATE TABLE "decision_rollup" (
	"bucket" timestamp (3) with time zone NOT NULL,
	"proxy_id" uuid NOT NULL,
	"effect" text NOT NULL,
	"statements" bigint DEFAULT 0 NOT NULL,
	"masked_cells" bigint DEFAULT 0 NOT NULL,
	"unmasked" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "decision_rollup_bucket_proxy_id_effect_pk" PRIMARY KEY("bucket","proxy_id","effect")
);
