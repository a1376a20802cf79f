CREATE TABLE "datasets" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"ordinal" bigint GENERATED ALWAYS AS IDENTITY (sequence name "datasets_ordinal_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"name" text NOT NULL,
	"version" text NOT NULL,
	"digest" text NOT NULL,
	"description" text,
	"files" jsonb NOT NULL,
	"columns" jsonb NOT NULL,
	"row_count" bigint NOT NULL,
	"label" text,
	"group_by" text,
	"partition_by" text,
	"partitions" jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "jobs" (
	"id" uuid PRIMARY KEY NOT NULL,
	"ordinal" bigint GENERATED ALWAYS AS IDENTITY (sequence name "jobs_ordinal_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"state" text NOT NULL,
	"title" text NOT NULL,
	"model_id" uuid,
	"dataset_id" uuid,
	"rows_done" bigint DEFAULT 0 NOT NULL,
	"rows_total" bigint,
	"rows_per_second" real,
	"attempts" integer DEFAULT 0 NOT NULL,
	"error" jsonb,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"started_at" timestamp with time zone,
	"finished_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "model_aliases" (
	"model_name" text NOT NULL,
	"alias" text NOT NULL,
	"model_id" uuid NOT NULL,
	CONSTRAINT "model_aliases_model_name_alias_pk" PRIMARY KEY("model_name","alias")
);
--> statement-breakpoint
CREATE TABLE "models" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"ordinal" bigint GENERATED ALWAYS AS IDENTITY (sequence name "models_ordinal_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"name" text NOT NULL,
	"version" text NOT NULL,
	"digest" text NOT NULL,
	"description" text,
	"tags" text[] NOT NULL,
	"format" text NOT NULL,
	"executor" text NOT NULL,
	"size_bytes" bigint NOT NULL,
	"artifact" jsonb NOT NULL,
	"graph" jsonb NOT NULL,
	"manifest" jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "results" (
	"key" text PRIMARY KEY NOT NULL,
	"analysis" text NOT NULL,
	"model_id" uuid NOT NULL,
	"dataset_id" uuid NOT NULL,
	"job_id" uuid NOT NULL,
	"value" "bytea",
	"files" text[] NOT NULL,
	"row_count" bigint,
	"skipped_row_count" bigint,
	"duration_ms" double precision,
	"executor" text,
	"device" text,
	"model_digest" text NOT NULL,
	"dataset_digest" text NOT NULL,
	"engine_version" text NOT NULL,
	"claimed_at" timestamp with time zone DEFAULT now() NOT NULL,
	"computed_at" timestamp with time zone,
	"used_at" timestamp with time zone
);
--> statement-breakpoint
ALTER TABLE "jobs" ADD CONSTRAINT "jobs_model_id_models_id_fk" FOREIGN KEY ("model_id") REFERENCES "public"."models"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "jobs" ADD CONSTRAINT "jobs_dataset_id_datasets_id_fk" FOREIGN KEY ("dataset_id") REFERENCES "public"."datasets"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "model_aliases" ADD CONSTRAINT "model_aliases_model_id_models_id_fk" FOREIGN KEY ("model_id") REFERENCES "public"."models"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "results" ADD CONSTRAINT "results_model_id_models_id_fk" FOREIGN KEY ("model_id") REFERENCES "public"."models"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "results" ADD CONSTRAINT "results_dataset_id_datasets_id_fk" FOREIGN KEY ("dataset_id") REFERENCES "public"."datasets"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "datasets_name_version" ON "datasets" USING btree ("name","version");--> statement-breakpoint
CREATE INDEX "datasets_ordinal" ON "datasets" USING btree ("ordinal");--> statement-breakpoint
CREATE INDEX "jobs_ordinal" ON "jobs" USING btree ("ordinal");--> statement-breakpoint
CREATE INDEX "jobs_state" ON "jobs" USING btree ("state");--> statement-breakpoint
CREATE UNIQUE INDEX "models_name_version" ON "models" USING btree ("name","version");--> statement-breakpoint
CREATE INDEX "models_ordinal" ON "models" USING btree ("ordinal");--> statement-breakpoint
CREATE INDEX "results_job" ON "results" USING btree ("job_id");--> statement-breakpoint
CREATE INDEX "results_model" ON "results" USING btree ("model_id");--> statement-breakpoint
CREATE INDEX "results_dataset" ON "results" USING btree ("dataset_id");