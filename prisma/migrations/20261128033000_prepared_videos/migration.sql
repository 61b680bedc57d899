-- CreateEnum
CREATE TYPE "video_state" AS ENUM ('uploading', 'checking', 'ready', 'unusable');

-- CreateEnum
CREATE TYPE "playout_start" AS ENUM ('plan', 'time', 'manual');

-- CreateEnum
CREATE TYPE "playout_outcome" AS ENUM ('finished', 'stopped', 'failed', 'cancelled', 'class_ended');

-- CreateTable
CREATE TABLE "video" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "state" "video_state" NOT NULL DEFAULT 'uploading',
    "bytes" BIGINT NOT NULL,
    "file_modified_at" TIMESTAMPTZ(3) NOT NULL,
    "reason" TEXT,
    "duration_ms" INTEGER,
    "width" INTEGER,
    "height" INTEGER,
    "frames_per_second" DOUBLE PRECISION,
    "has_sound" BOOLEAN,
    "poster" BYTEA,
    "uploaded_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "video_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "playout" (
    "id" UUID NOT NULL,
    "session_id" UUID NOT NULL,
    "video_id" UUID,
    "video_name" TEXT NOT NULL,
    "start" "playout_start" NOT NULL,
    "starts_at" TIMESTAMPTZ(3),
    "starts_class" BOOLEAN NOT NULL DEFAULT false,
    "from_ms" INTEGER NOT NULL DEFAULT 0,
    "held" BOOLEAN NOT NULL DEFAULT false,
    "revision" INTEGER NOT NULL DEFAULT 0,
    "armed_by" UUID NOT NULL,
    "armed_by_name" TEXT NOT NULL,
    "armed_at" TIMESTAMPTZ(3) NOT NULL,
    "started_at" TIMESTAMPTZ(3),
    "ended_at" TIMESTAMPTZ(3),
    "outcome" "playout_outcome",

    CONSTRAINT "playout_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "video_created_at_idx" ON "video"("created_at");

-- CreateIndex
CREATE INDEX "playout_session_id_armed_at_idx" ON "playout"("session_id", "armed_at");

-- CreateIndex
CREATE INDEX "playout_video_id_idx" ON "playout"("video_id");

-- CreateIndex
CREATE UNIQUE INDEX "playout_one_open" ON "playout"("session_id") WHERE (ended_at is null);

-- AddForeignKey
ALTER TABLE "playout" ADD CONSTRAINT "playout_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "session"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "playout" ADD CONSTRAINT "playout_video_id_fkey" FOREIGN KEY ("video_id") REFERENCES "video"("id") ON DELETE SET NULL ON UPDATE CASCADE;
