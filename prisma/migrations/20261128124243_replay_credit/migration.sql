-- AlterEnum
-- This migration adds more than one value to an enum.
-- With PostgreSQL versions 11 and earlier, this is not possible
-- in a single migration. This can be worked around by creating
-- multiple migrations, each migration adding only one value to
-- the enum.


ALTER TYPE "entry_kind" ADD VALUE 'replay_sign';
ALTER TYPE "entry_kind" ADD VALUE 'replay_missed';

-- AlterTable
ALTER TABLE "attendee" ADD COLUMN     "replay_coverage" BIGINT[] DEFAULT ARRAY[]::BIGINT[];

-- AlterTable
ALTER TABLE "course" ADD COLUMN     "replay_days" INTEGER NOT NULL DEFAULT 30;

-- CreateTable
CREATE TABLE "replay_progress" (
    "session_id" UUID NOT NULL,
    "person_id" UUID NOT NULL,
    "furthest" BIGINT NOT NULL,
    "viewed_ms" INTEGER NOT NULL DEFAULT 0,
    "next_check_ms" INTEGER,
    "check_id" UUID,
    "check_asked_at" TIMESTAMPTZ(3),
    "check_viewed_ms" INTEGER NOT NULL DEFAULT 0,
    "gaps" BIGINT[] DEFAULT ARRAY[]::BIGINT[],
    "seat_conn_id" UUID NOT NULL,
    "seat_since" TIMESTAMPTZ(3) NOT NULL,
    "seat_spent_ms" INTEGER NOT NULL DEFAULT 0,
    "seat_heard_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "replay_progress_pkey" PRIMARY KEY ("session_id","person_id")
);

-- AddForeignKey
ALTER TABLE "replay_progress" ADD CONSTRAINT "replay_progress_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "session"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- What a class that has begun is measured by stays as it was: an officer may open its replay afterwards.
UPDATE "course" SET "replay_days" = 0
WHERE EXISTS (SELECT 1 FROM "session" WHERE "session"."course_id" = "course"."id" AND "session"."started_at" IS NOT NULL);
