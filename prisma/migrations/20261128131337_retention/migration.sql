-- CreateEnum
CREATE TYPE "record_class" AS ENUM ('general', 'special');

-- AlterTable
ALTER TABLE "attendance_batch" ADD COLUMN     "kept" INTEGER,
ADD COLUMN     "kept_digest" BYTEA;

-- AlterTable
ALTER TABLE "attendee" ADD COLUMN     "removing" BOOLEAN NOT NULL DEFAULT false;

-- AlterTable
ALTER TABLE "session" ADD COLUMN     "connections_reduced_at" TIMESTAMPTZ(3);

-- CreateTable
CREATE TABLE "record_removal" (
    "id" UUID NOT NULL,
    "session_id" UUID NOT NULL,
    "record_class" "record_class" NOT NULL,
    "due_at" TIMESTAMPTZ(3) NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "finished_at" TIMESTAMPTZ(3),
    "held_at" TIMESTAMPTZ(3),
    "people" INTEGER NOT NULL DEFAULT 0,
    "due" INTEGER NOT NULL DEFAULT 0,
    "present" INTEGER NOT NULL DEFAULT 0,
    "credited_ms" BIGINT NOT NULL DEFAULT 0,
    "entries" INTEGER NOT NULL DEFAULT 0,
    "digest" BYTEA NOT NULL,
    "rows" JSONB NOT NULL DEFAULT '{}',

    CONSTRAINT "record_removal_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "record_removal_session_id_record_class_key" ON "record_removal"("session_id", "record_class");

-- AddForeignKey
ALTER TABLE "record_removal" ADD CONSTRAINT "record_removal_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "session"("id") ON DELETE CASCADE ON UPDATE CASCADE;
