-- CreateTable
CREATE TABLE "recording_captions" (
    "broadcast_id" UUID NOT NULL,
    "language" TEXT NOT NULL,
    "zero" BIGINT NOT NULL,
    "cues" JSONB,
    "count" INTEGER NOT NULL DEFAULT 0,
    "length_ms" INTEGER NOT NULL DEFAULT 0,
    "changed_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "recording_captions_pkey" PRIMARY KEY ("broadcast_id","language")
);

-- CreateIndex
CREATE INDEX "recording_captions_changed_at_idx" ON "recording_captions"("changed_at");

-- AddForeignKey
ALTER TABLE "recording_captions" ADD CONSTRAINT "recording_captions_broadcast_id_fkey" FOREIGN KEY ("broadcast_id") REFERENCES "broadcast"("id") ON DELETE CASCADE ON UPDATE CASCADE;
