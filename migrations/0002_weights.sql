ALTER TABLE "results" ALTER COLUMN "dataset_id" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "results" ALTER COLUMN "dataset_digest" DROP NOT NULL;