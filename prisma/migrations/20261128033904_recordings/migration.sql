-- AlterTable
ALTER TABLE "broadcast" ADD COLUMN     "deleted_at" TIMESTAMPTZ(3),
ADD COLUMN     "trim_from" BIGINT,
ADD COLUMN     "trim_to" BIGINT;

-- CreateTable
CREATE TABLE "session_mark" (
    "id" UUID NOT NULL,
    "session_id" UUID NOT NULL,
    "at" BIGINT NOT NULL,
    "label" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "session_mark_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "session_mark_session_id_at_idx" ON "session_mark"("session_id", "at");

-- AddForeignKey
ALTER TABLE "session_mark" ADD CONSTRAINT "session_mark_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "session"("id") ON DELETE CASCADE ON UPDATE CASCADE;
