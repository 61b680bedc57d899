-- CreateEnum
CREATE TYPE "venue_way" AS ENUM ('code', 'hand');

-- AlterTable
ALTER TABLE "attendee" ADD COLUMN     "venue_coverage" BIGINT[] DEFAULT ARRAY[]::BIGINT[];

-- AlterTable
ALTER TABLE "enrolment" DROP COLUMN "waiting",
ADD COLUMN     "number" BIGSERIAL NOT NULL,
ADD COLUMN     "seat" INTEGER,
ALTER COLUMN "enrolled_at" DROP DEFAULT;

-- CreateTable
CREATE TABLE "venue_class" (
    "session_id" UUID NOT NULL,
    "capacity" INTEGER NOT NULL,
    "enrol_until" TIMESTAMPTZ(3),
    "door_code" VARCHAR(12) NOT NULL,
    "secret" BYTEA NOT NULL,

    CONSTRAINT "venue_class_pkey" PRIMARY KEY ("session_id")
);

-- CreateTable
CREATE TABLE "venue_visit" (
    "id" UUID NOT NULL,
    "session_id" UUID NOT NULL,
    "person_id" UUID NOT NULL,
    "signed_in_at" TIMESTAMPTZ(3) NOT NULL,
    "sure_at" TIMESTAMPTZ(3) NOT NULL,
    "signed_out_at" TIMESTAMPTZ(3),
    "in_way" "venue_way" NOT NULL,
    "out_way" "venue_way",
    "device_id" UUID,
    "numbered" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "venue_visit_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "spent_scan" (
    "id" UUID NOT NULL,
    "person_id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "spent_scan_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "venue_class_door_code_key" ON "venue_class"("door_code");

-- CreateIndex
CREATE INDEX "venue_visit_session_id_signed_in_at_idx" ON "venue_visit"("session_id", "signed_in_at");

-- CreateIndex
CREATE INDEX "venue_visit_person_id_idx" ON "venue_visit"("person_id");

-- CreateIndex
CREATE UNIQUE INDEX "venue_visit_once" ON "venue_visit"("session_id", "person_id") WHERE (signed_out_at is null);

-- CreateIndex
CREATE INDEX "spent_scan_at_idx" ON "spent_scan"("at");

-- CreateIndex
CREATE INDEX "enrolment_person_id_idx" ON "enrolment"("person_id");

-- CreateIndex
CREATE UNIQUE INDEX "enrolment_session_id_seat_key" ON "enrolment"("session_id", "seat");

-- AddForeignKey
ALTER TABLE "venue_class" ADD CONSTRAINT "venue_class_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "session"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "enrolment" ADD CONSTRAINT "enrolment_person_id_fkey" FOREIGN KEY ("person_id") REFERENCES "person"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "venue_visit" ADD CONSTRAINT "venue_visit_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "session"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "venue_visit" ADD CONSTRAINT "venue_visit_person_id_fkey" FOREIGN KEY ("person_id") REFERENCES "person"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
