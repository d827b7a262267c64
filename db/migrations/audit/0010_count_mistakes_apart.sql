-- What has been recorded so far counts as what comes: mistakes for themselves, as core/event/tally.ts says what they are.
CREATE TEMPORARY TABLE "mistake" ON COMMIT DROP AS
SELECT "session_id", "proxy_id", date_bin('10 minutes', "time", '1970-01-01 00:00:00+00') AS "bucket"
FROM "statement"
WHERE "effect" = 'deny' AND "outcome" = 'refused' AND "sqlstate" <> '42501'
	AND (starts_with("sqlstate", '42') OR "sqlstate" IN ('26000', '34000'));--> statement-breakpoint
UPDATE "session" SET "denied" = "session"."denied" - "made"."mistakes", "mistakes" = "made"."mistakes"
FROM (SELECT "session_id", count(*)::int AS "mistakes" FROM "mistake" GROUP BY "session_id") AS "made"
WHERE "session"."id" = "made"."session_id";--> statement-breakpoint
INSERT INTO "decision_rollup" ("bucket", "proxy_id", "effect", "statements")
SELECT "made"."bucket", "made"."proxy_id", 'mistake', least("made"."mistakes", "held"."statements")
FROM (SELECT "bucket", "proxy_id", count(*) AS "mistakes" FROM "mistake" GROUP BY "bucket", "proxy_id") AS "made"
JOIN "decision_rollup" AS "held"
	ON "held"."bucket" = "made"."bucket" AND "held"."proxy_id" = "made"."proxy_id" AND "held"."effect" = 'deny';--> statement-breakpoint
UPDATE "decision_rollup" AS "held" SET "statements" = "held"."statements" - "made"."statements"
FROM "decision_rollup" AS "made"
WHERE "made"."effect" = 'mistake' AND "held"."effect" = 'deny'
	AND "held"."bucket" = "made"."bucket" AND "held"."proxy_id" = "made"."proxy_id";
