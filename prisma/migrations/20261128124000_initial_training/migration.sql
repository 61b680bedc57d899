-- DropForeignKey
ALTER TABLE "class_hour_entry" DROP CONSTRAINT "class_hour_entry_person_id_fkey";

-- DropForeignKey
ALTER TABLE "class_hour_entry" DROP CONSTRAINT "class_hour_entry_session_id_fkey";

-- DropTable
DROP TABLE "class_hour_entry";

-- CreateTable
CREATE TABLE "initial_training" (
    "person_id" UUID NOT NULL,
    "year" INTEGER NOT NULL,
    "marked_by" UUID,
    "marked_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "initial_training_pkey" PRIMARY KEY ("person_id","year")
);

-- AddForeignKey
ALTER TABLE "initial_training" ADD CONSTRAINT "initial_training_person_id_fkey" FOREIGN KEY ("person_id") REFERENCES "person"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
