-- AlterEnum
ALTER TYPE "entry_kind" ADD VALUE 'sign';
ALTER TYPE "entry_kind" ADD VALUE 'missed';

-- DropForeignKey
ALTER TABLE "presence_answer" DROP CONSTRAINT "presence_answer_check_id_fkey";

-- DropIndex
DROP INDEX "presence_check_session_id_idx";

-- AlterTable
ALTER TABLE "attendance_entry" ADD COLUMN     "check_id" UUID;

-- AlterTable
ALTER TABLE "attendee" ADD COLUMN     "confirmed_check_id" UUID,
ADD COLUMN     "gaps" BIGINT[] DEFAULT ARRAY[]::BIGINT[],
ADD COLUMN     "looked_back" BOOLEAN NOT NULL DEFAULT false;

-- AlterTable
ALTER TABLE "presence_check" ADD COLUMN     "cancelled" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "missed" INTEGER,
ADD COLUMN     "settled_at" TIMESTAMPTZ(3),
ADD COLUMN     "settling_at" TIMESTAMPTZ(3),
ADD COLUMN     "spread_ms" INTEGER NOT NULL,
ALTER COLUMN "window_ms" DROP DEFAULT;

-- DropTable
DROP TABLE "presence_answer";

-- CreateIndex
CREATE INDEX "attendance_entry_no_beat" ON "attendance_entry"("session_id", "person_id", "received_at") WHERE (seq is null);

-- CreateIndex
CREATE UNIQUE INDEX "attendance_entry_presence_once" ON "attendance_entry"("check_id", "person_id", "kind") WHERE (check_id is not null);

-- CreateIndex
CREATE INDEX "presence_check_session_id_opened_at_idx" ON "presence_check"("session_id", "opened_at");

-- CreateIndex
CREATE UNIQUE INDEX "presence_check_one_open" ON "presence_check"("session_id") WHERE (settled_at is null);
