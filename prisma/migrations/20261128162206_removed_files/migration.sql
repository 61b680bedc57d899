-- AlterTable
ALTER TABLE "person" ADD COLUMN     "erasure_asked_at" TIMESTAMPTZ(3);

-- CreateTable
CREATE TABLE "removed_file" (
    "id" UUID NOT NULL,
    "removal_id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "bytes" INTEGER NOT NULL,
    "sha256" BYTEA NOT NULL,
    "uploaded_at" TIMESTAMPTZ(3) NOT NULL,
    "removed_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "removed_file_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "removed_file_removal_id_idx" ON "removed_file"("removal_id");

-- CreateIndex
CREATE INDEX "connection_of_screen" ON "connection"("person_id") WHERE (kind = 'screen');

-- AddForeignKey
ALTER TABLE "removed_file" ADD CONSTRAINT "removed_file_removal_id_fkey" FOREIGN KEY ("removal_id") REFERENCES "record_removal"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Who asked before there was the column.
UPDATE "person" SET "erasure_asked_at" = "left_at"
WHERE "erased_at" IS NULL AND "left_at" IS NOT NULL AND EXISTS (
  SELECT FROM "audit_entry" e WHERE e."subject" = 'person' AND e."subject_id" = "person"."id"::text AND e."action" = 'person:erase');
