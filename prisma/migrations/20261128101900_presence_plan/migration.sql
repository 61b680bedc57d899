-- AlterTable
ALTER TABLE "course" ADD COLUMN     "presence_minutes" INTEGER NOT NULL DEFAULT 30;

-- What a class that has begun is measured by stays as it was.
UPDATE "course" SET "presence_minutes" = 0
WHERE EXISTS (SELECT 1 FROM "session" WHERE "session"."course_id" = "course"."id" AND "session"."started_at" IS NOT NULL);

-- CreateTable
CREATE TABLE "presence_plan" (
    "session_id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "presence_plan_pkey" PRIMARY KEY ("session_id","at")
);

-- CreateIndex
CREATE INDEX "presence_plan_at_idx" ON "presence_plan"("at");

-- AddForeignKey
ALTER TABLE "presence_plan" ADD CONSTRAINT "presence_plan_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "session"("id") ON DELETE CASCADE ON UPDATE CASCADE;
