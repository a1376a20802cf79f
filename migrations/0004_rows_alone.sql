ALTER TABLE "results" ALTER COLUMN "model_id" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "results" ALTER COLUMN "model_digest" DROP NOT NULL;