ALTER TABLE "jobs" ADD COLUMN "queue" text DEFAULT 'passes' NOT NULL;--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "is_told" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "waiting" text[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "failures" jsonb;--> statement-breakpoint
ALTER TABLE "results" ADD COLUMN "bytes" bigint;