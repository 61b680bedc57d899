-- CreateEnum
CREATE TYPE "export_state" AS ENUM ('queued', 'running', 'done', 'failed');

-- CreateTable
CREATE TABLE "export_job" (
    "id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "format" TEXT NOT NULL,
    "subject_id" UUID NOT NULL,
    "full" BOOLEAN NOT NULL DEFAULT false,
    "requested_by" UUID NOT NULL,
    "visibility" JSONB NOT NULL,
    "origin" TEXT NOT NULL,
    "state" "export_state" NOT NULL DEFAULT 'queued',
    "rows_done" INTEGER NOT NULL DEFAULT 0,
    "rows_total" INTEGER,
    "name" TEXT,
    "type" TEXT,
    "bytes" INTEGER NOT NULL DEFAULT 0,
    "sha256" BYTEA,
    "as_of" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "heard_at" TIMESTAMPTZ(3),
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "export_job_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "export_chunk" (
    "job_id" UUID NOT NULL,
    "n" INTEGER NOT NULL,
    "content" BYTEA NOT NULL,

    CONSTRAINT "export_chunk_pkey" PRIMARY KEY ("job_id","n")
);

-- CreateIndex
CREATE INDEX "export_job_state_idx" ON "export_job"("state");

-- CreateIndex
CREATE INDEX "export_job_requested_by_idx" ON "export_job"("requested_by");

-- CreateIndex
CREATE INDEX "export_job_created_at_idx" ON "export_job"("created_at");

-- CreateIndex
CREATE UNIQUE INDEX "export_job_once" ON "export_job"("kind", "format", "subject_id", "full", "requested_by") WHERE (finished_at is null);

-- AddForeignKey
ALTER TABLE "export_chunk" ADD CONSTRAINT "export_chunk_job_id_fkey" FOREIGN KEY ("job_id") REFERENCES "export_job"("id") ON DELETE CASCADE ON UPDATE CASCADE;
