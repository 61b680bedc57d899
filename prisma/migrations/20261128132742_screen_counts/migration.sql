-- CreateTable
CREATE TABLE "screen_count" (
    "id" UUID NOT NULL,
    "screen_id" UUID NOT NULL,
    "check_id" UUID,
    "heads" INTEGER NOT NULL,
    "present" INTEGER NOT NULL,
    "counted_by" UUID,
    "counted_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "screen_count_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "screen_count_screen_id_counted_at_idx" ON "screen_count"("screen_id", "counted_at");

-- AddForeignKey
ALTER TABLE "screen_count" ADD CONSTRAINT "screen_count_screen_id_fkey" FOREIGN KEY ("screen_id") REFERENCES "screen"("id") ON DELETE CASCADE ON UPDATE CASCADE;
