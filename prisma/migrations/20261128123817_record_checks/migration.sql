-- CreateEnum
CREATE TYPE "record_check_outcome" AS ENUM ('intact', 'altered', 'stopped');

-- CreateTable
CREATE TABLE "record_check" (
    "id" UUID NOT NULL,
    "session_id" UUID NOT NULL,
    "started_by" UUID,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "heard_at" TIMESTAMPTZ(3) NOT NULL,
    "done" INTEGER NOT NULL DEFAULT 0,
    "expected" INTEGER NOT NULL DEFAULT 0,
    "finished_at" TIMESTAMPTZ(3),
    "outcome" "record_check_outcome",
    "findings" JSONB,

    CONSTRAINT "record_check_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "record_check_session_id_started_at_idx" ON "record_check"("session_id", "started_at");

-- CreateIndex
CREATE UNIQUE INDEX "record_check_one_running" ON "record_check"("session_id") WHERE (finished_at is null);

-- AddForeignKey
ALTER TABLE "record_check" ADD CONSTRAINT "record_check_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "session"("id") ON DELETE CASCADE ON UPDATE CASCADE;
