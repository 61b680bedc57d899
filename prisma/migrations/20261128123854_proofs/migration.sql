-- CreateEnum
CREATE TYPE "proof_withdrawal" AS ENUM ('by_hand', 'below_threshold', 'less_credited', 'identity_refused');

-- AlterTable
ALTER TABLE "proof" ADD COLUMN     "class_hour_ms" INTEGER,
ADD COLUMN     "credited_ms" INTEGER NOT NULL,
ADD COLUMN     "statutory_approver" TEXT,
ADD COLUMN     "statutory_basis" TEXT,
ADD COLUMN     "superseded" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "withdrawal" "proof_withdrawal",
ADD COLUMN     "withdrawn_by" UUID,
ADD COLUMN     "withdrawn_reason" TEXT,
ALTER COLUMN "number" SET DATA TYPE VARCHAR(20);

-- CreateTable
CREATE TABLE "proof_progress" (
    "session_id" UUID NOT NULL,
    "batch" INTEGER NOT NULL,

    CONSTRAINT "proof_progress_pkey" PRIMARY KEY ("session_id")
);

-- CreateIndex
CREATE INDEX "proof_person_id_idx" ON "proof"("person_id");

-- CreateIndex
CREATE INDEX "proof_session_id_person_id_idx" ON "proof"("session_id", "person_id");

-- CreateIndex
CREATE UNIQUE INDEX "proof_one_valid" ON "proof"("session_id", "person_id") WHERE (withdrawn_at is null);

-- AddForeignKey
ALTER TABLE "proof_progress" ADD CONSTRAINT "proof_progress_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "session"("id") ON DELETE CASCADE ON UPDATE CASCADE;
