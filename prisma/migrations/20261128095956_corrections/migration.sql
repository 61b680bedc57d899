-- CreateEnum
CREATE TYPE "correction_effect" AS ENUM ('difference', 'present', 'absent', 'withdrawal');

-- AlterTable
ALTER TABLE "attendance_entry" ADD COLUMN     "correction_id" UUID,
ADD COLUMN     "effect" "correction_effect",
ADD COLUMN     "evidence_sha256" BYTEA,
ADD COLUMN     "withdraws" UUID;

-- CreateTable
CREATE TABLE "correction_evidence" (
    "id" UUID NOT NULL,
    "session_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "sha256" BYTEA NOT NULL,
    "content" BYTEA NOT NULL,
    "uploaded_by" UUID,
    "uploaded_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "correction_evidence_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "correction_evidence_session_id_sha256_idx" ON "correction_evidence"("session_id", "sha256");

-- CreateIndex
CREATE INDEX "attendance_entry_corrections" ON "attendance_entry"("session_id", "person_id") WHERE (correction_id is not null);

-- CreateIndex
CREATE UNIQUE INDEX "attendance_entry_correction_once" ON "attendance_entry"("correction_id") WHERE (correction_id is not null);

-- CreateIndex
CREATE UNIQUE INDEX "attendance_entry_withdraws_once" ON "attendance_entry"("withdraws") WHERE (withdraws is not null);

-- AddForeignKey
ALTER TABLE "correction_evidence" ADD CONSTRAINT "correction_evidence_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "session"("id") ON DELETE CASCADE ON UPDATE CASCADE;
