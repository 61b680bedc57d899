-- CreateEnum
CREATE TYPE "screen_file_kind" AS ENUM ('sheet', 'photo_start', 'photo_end');

-- CreateTable
CREATE TABLE "screen_file" (
    "id" UUID NOT NULL,
    "screen_id" UUID NOT NULL,
    "kind" "screen_file_kind" NOT NULL,
    "name" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "bytes" INTEGER NOT NULL,
    "sha256" BYTEA NOT NULL,
    "content" BYTEA NOT NULL,
    "uploaded_by" UUID,
    "uploaded_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "screen_file_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "screen_file_screen_id_idx" ON "screen_file"("screen_id");

-- AddForeignKey
ALTER TABLE "screen_file" ADD CONSTRAINT "screen_file_screen_id_fkey" FOREIGN KEY ("screen_id") REFERENCES "screen"("id") ON DELETE CASCADE ON UPDATE CASCADE;
