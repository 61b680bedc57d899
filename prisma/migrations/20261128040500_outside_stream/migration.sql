-- AlterTable
ALTER TABLE "broadcast" ADD COLUMN     "outside_offset_ms" BIGINT,
ADD COLUMN     "outside_origins" TEXT[] DEFAULT ARRAY[]::TEXT[],
ADD COLUMN     "outside_url" TEXT;

-- AlterTable
ALTER TABLE "session" ADD COLUMN     "outside_url" TEXT;
